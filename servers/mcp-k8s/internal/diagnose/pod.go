package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const (
	// grace is how long something may take before it counts as trouble.
	grace = 30 * time.Second
	// recent is how long ago a restart still says something of now.
	recent = 30 * time.Minute
)

// Pod says what is wrong with a pod; nothing for one that is well.
func Pod(p *corev1.Pod, events []corev1.Event, now time.Time) (all []Finding) {
	add := func(f Finding) {
		f.Pods = []string{p.Namespace + "/" + p.Name}
		if f.Since.IsZero() {
			f.Since = p.CreationTimestamp.Time
		}
		all = append(all, f)
	}
	if p.DeletionTimestamp != nil {
		if now.Sub(p.DeletionTimestamp.Time) > grace || len(p.Finalizers) > 0 {
			add(terminating(p))
		}
		return all
	}
	switch {
	case p.Status.Phase == corev1.PodSucceeded:
		return nil
	case p.Status.Reason == "Evicted":
		add(Finding{Cause: Evicted, Detail: p.Status.Message, Advice: "the node ran short of what the message says: lower use, or raise requests so that the pod is placed where there is room"})
		return all
	case p.Status.Reason == "NodeLost" || p.Status.Phase == corev1.PodUnknown:
		add(Finding{Cause: NodeLost, Detail: p.Status.Message, Advice: "the node does not report: describe_resource kind=node name=" + p.Spec.NodeName})
		return all
	}
	if f, ok := unscheduled(p, events, now); ok {
		add(f)
		return all
	}
	statuses := append(slices.Clone(p.Status.InitContainerStatuses), p.Status.ContainerStatuses...)
	for i, s := range statuses {
		if f, ok := container(p, s, i < len(p.Status.InitContainerStatuses), events, now); ok {
			add(f)
		}
	}
	if len(all) == 0 && p.Status.Phase == corev1.PodPending {
		if f, ok := creating(events); ok {
			add(f)
		} else if now.Sub(p.CreationTimestamp.Time) > grace || len(statuses) == 0 {
			add(Finding{Cause: Starting, Detail: "on node " + p.Spec.NodeName + ", not started yet"})
		}
	}
	if len(all) == 0 && p.Status.Phase == corev1.PodFailed {
		add(Finding{Cause: Failed, Detail: strings.TrimSpace(p.Status.Reason + " " + p.Status.Message), Logs: true})
	}
	if f, ok := gate(p); ok && len(all) == 0 {
		add(f)
	}
	return all
}

func terminating(p *corev1.Pod) Finding {
	f := Finding{Cause: Terminating, Since: p.DeletionTimestamp.Time, Detail: "deleted, and still there"}
	if len(p.Finalizers) > 0 {
		f.Detail = "deleted, and held by the finalizers " + strings.Join(p.Finalizers, ", ")
		f.Advice = "the controller that set the finalizer has to remove it; is it running?"
	} else {
		f.Advice = "the kubelet of node " + p.Spec.NodeName + " has not confirmed the end: is the node up?"
	}
	return f
}

// gate is for a pod whose containers are ready and which is not.
func gate(p *corev1.Pod) (Finding, bool) {
	if len(p.Spec.ReadinessGates) == 0 {
		return Finding{}, false
	}
	for _, g := range p.Spec.ReadinessGates {
		i := slices.IndexFunc(p.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == g.ConditionType })
		if i < 0 || p.Status.Conditions[i].Status != corev1.ConditionTrue {
			return Finding{Cause: ReadinessGate, Detail: fmt.Sprintf("the readiness gate %s is not true", g.ConditionType), Advice: "the controller of that gate sets it; is it running?"}, true
		}
	}
	return Finding{}, false
}

// creating says why containers were not made.
func creating(events []corev1.Event) (Finding, bool) {
	if text := find(events, []string{"FailedMount", "FailedAttachVolume", "FailedMapVolume"}); text != "" {
		f := Finding{Cause: Mount, Detail: text, Advice: "a volume cannot be mounted"}
		if strings.Contains(text, "not found") && (strings.Contains(text, "configmap ") || strings.Contains(text, "secret ")) {
			f.Cause, f.Advice = ConfigMissing, "create what the message names, in the same namespace, or mend its name in volumes"
		}
		return f, true
	}
	if text := find(events, []string{"FailedCreatePodSandBox"}); text != "" {
		return Finding{Cause: Sandbox, Detail: text, Advice: "the node cannot set up the pod: most often its network plugin"}, true
	}
	return Finding{}, false
}
