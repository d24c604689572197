package diagnose

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// unscheduled says why a pod has no node.
func unscheduled(p *corev1.Pod, events []corev1.Event, now time.Time) (Finding, bool) {
	if p.Spec.NodeName != "" || p.Status.Phase != corev1.PodPending && p.Status.Phase != "" {
		return Finding{}, false
	}
	message, reason := "", ""
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			message, reason = c.Message, c.Reason
		}
	}
	if message == "" {
		message = find(events, []string{"FailedScheduling"})
	}
	if reason == "SchedulingGated" {
		return Finding{Cause: Unschedulable, Detail: message, Advice: "a controller has to remove spec.schedulingGates"}, true
	}
	if message == "" {
		if now.Sub(p.CreationTimestamp.Time) < grace {
			return Finding{Cause: Starting, Detail: "not yet seen by the scheduler"}, true
		}
		return Finding{Cause: Unschedulable, Detail: fmt.Sprintf("no scheduler has looked at it (schedulerName %q)", p.Spec.SchedulerName),
			Advice: "does a scheduler of that name run?"}, true
	}
	f := Finding{Cause: Unschedulable, Detail: message, Advice: scheduleAdvice(p, message)}
	if claims := claimProblem(message); claims != "" {
		f.Cause, f.Advice = Claim, claims
	}
	return f, true
}

func claimProblem(message string) string {
	switch {
	case strings.Contains(message, "persistentvolumeclaim") && strings.Contains(message, "not found"):
		return "the pod names a PersistentVolumeClaim that does not exist"
	case strings.Contains(message, "unbound immediate PersistentVolumeClaims"):
		return "its PersistentVolumeClaim is not bound: no volume fits and no storage class makes one"
	case strings.Contains(message, "didn't find available persistent volumes"):
		return "no PersistentVolume fits its claim"
	case strings.Contains(message, "volume node affinity conflict"):
		return "its volume is in a zone or on a node where the pod may not run"
	}
	return ""
}

var lacking = regexp.MustCompile(`Insufficient ([a-z0-9./-]+)`)

func scheduleAdvice(p *corev1.Pod, message string) string {
	var advice []string
	for _, m := range lacking.FindAllStringSubmatch(message, -1) {
		want := requested(p, corev1.ResourceName(strings.TrimSuffix(m[1], ".")))
		advice = append(advice, fmt.Sprintf("no node has %s for its request%s: lower the request or add nodes (get_usage target=nodes)", strings.TrimSuffix(m[1], "."), want))
	}
	if strings.Contains(message, "untolerated taint") {
		advice = append(advice, "nodes have a taint that the pod does not tolerate: add a toleration or remove the taint")
	}
	if strings.Contains(message, "node affinity/selector") {
		advice = append(advice, "nodes lack the labels that nodeSelector or affinity want")
	}
	if strings.Contains(message, "anti-affinity") || strings.Contains(message, "pod affinity") {
		advice = append(advice, "affinity to other pods leaves no node")
	}
	if strings.Contains(message, "topology spread") {
		advice = append(advice, "topologySpreadConstraints leave no node")
	}
	if strings.Contains(message, "free ports") {
		advice = append(advice, "its hostPort is taken on each node")
	}
	if strings.Contains(message, "were unschedulable") {
		advice = append(advice, "nodes are cordoned")
	}
	if strings.Contains(message, "no nodes available") {
		advice = append(advice, "the cluster has no node")
	}
	return strings.Join(advice, "; ")
}

func requested(p *corev1.Pod, name corev1.ResourceName) string {
	for _, c := range p.Spec.Containers {
		if q, ok := c.Resources.Requests[name]; ok {
			return " of " + q.String()
		}
	}
	return ""
}
