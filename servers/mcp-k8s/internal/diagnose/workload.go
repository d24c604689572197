package diagnose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Workload says what is wrong with an object that is no pod, from its status.
func Workload(o *unstructured.Unstructured) (all []Finding) {
	add := func(cause Cause, detail, advice string) {
		all = append(all, Finding{Cause: cause, Detail: detail, Advice: advice})
	}
	kind := o.GetKind()
	if o.GetDeletionTimestamp() != nil && len(o.GetFinalizers()) > 0 {
		add(Terminating, "deleted, and held by the finalizers "+strings.Join(o.GetFinalizers(), ", "), "the controller that set the finalizer has to remove it; is it running?")
	}
	if kind == "PersistentVolumeClaim" {
		if phase, _, _ := unstructured.NestedString(o.Object, "status", "phase"); phase != "Bound" {
			class, _, _ := unstructured.NestedString(o.Object, "spec", "storageClassName")
			add(Claim, fmt.Sprintf("the claim is %s (storage class %q)", phase, class), "list_resources kind=storageclasses; without one a PersistentVolume has to fit")
		}
	}
	for _, c := range Conditions(o) {
		text := strings.TrimSpace(c.Reason + ": " + c.Message)
		switch {
		case kind == "Deployment" && c.Type == "Progressing" && c.Status == "False":
			add(Rollout, text, "get_rollout shows which revision does not come up")
		case kind == "Deployment" && (c.Type == "Progressing" || c.Type == "Available"): // its pods say why
		case c.Type == "ReplicaFailure" && c.Status == "True":
			all = append(all, CreateFailure(text))
		case kind == "Job" && (c.Type == "Failed" || c.Type == "FailureTarget") && c.Status == "True":
			if c.Type == "Failed" {
				add(Failed, text, "the logs of its pods say why")
			}
		case kind == "Node" && c.Type == "Ready" && c.Status != "True":
			add(NodeLost, text, "the kubelet of the node does not report, or says that it is not ready")
		case kind == "Node" && c.Type != "Ready" && c.Status == "True":
			add(Condition, c.Type+": "+text, "the node has trouble")
		case slices.Contains(wanted, c.Type) && (c.Status == "False" || c.Status == "Unknown"),
			slices.Contains(unwanted, c.Type) && c.Status == "True":
			if kind != "Pod" && kind != "Node" && kind != "Job" {
				add(Condition, fmt.Sprintf("%s is %s: %s", c.Type, c.Status, text), "")
			}
		}
	}
	if paused, _, _ := unstructured.NestedBool(o.Object, "spec", "paused"); paused {
		add(Rollout, "the rollout is paused", "changes wait until it is resumed")
	}
	if suspended, _, _ := unstructured.NestedBool(o.Object, "spec", "suspend"); suspended {
		add(Condition, "it is suspended: nothing is started", "")
	}
	if cordoned, _, _ := unstructured.NestedBool(o.Object, "spec", "unschedulable"); cordoned && kind == "Node" {
		add(Condition, "the node is cordoned: no new pods", "")
	}
	observed, found, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
	if found && observed < o.GetGeneration() && (kind == "Deployment" || kind == "StatefulSet" || kind == "DaemonSet") {
		add(Rollout, "its controller has not seen the last change", "is kube-controller-manager running?")
	}
	return all
}

// wanted and unwanted are conditions that operators set.
var (
	wanted   = []string{"Ready", "Available", "Healthy", "Synced", "Reconciled", "Established", "Succeeded"}
	unwanted = []string{"Failed", "Degraded", "Stalled", "Error", "ReconcileError"}
)

// StatusCondition is one of status.conditions.
type StatusCondition struct{ Type, Status, Reason, Message string }

// Conditions of an object of any kind.
func Conditions(o *unstructured.Unstructured) (all []StatusCondition) {
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, e := range list {
		c, _ := e.(map[string]any)
		text := func(name string) string { s, _ := c[name].(string); return s }
		all = append(all, StatusCondition{text("type"), text("status"), text("reason"), text("message")})
	}
	return all
}

// CreateFailure says why pods cannot be made.
func CreateFailure(text string) Finding {
	f := Finding{Cause: CreateFailed, Detail: text}
	switch {
	case strings.Contains(text, "exceeded quota"):
		f.Cause, f.Advice = Quota, "raise the ResourceQuota, or lower requests or replicas"
	case strings.Contains(text, "must specify"):
		f.Cause, f.Advice = Quota, "a ResourceQuota wants requests and limits on each container"
	case strings.Contains(text, "violates PodSecurity"):
		f.Advice = "the namespace enforces a Pod Security level: change securityContext"
	case strings.Contains(text, "serviceaccount"):
		f.Advice = "create the ServiceAccount that the pods name"
	case strings.Contains(text, "admission webhook"):
		f.Advice = "an admission webhook refuses them; its message says what it wants"
	case strings.Contains(text, "maximum") || strings.Contains(text, "minimum"):
		f.Advice = "a LimitRange of the namespace refuses the requests or limits"
	default:
		f.Advice = "the API server refuses its pods"
	}
	return f
}

// CreateFailures are those in events, one for each object.
func CreateFailures(events []corev1.Event) (all []Finding) {
	for _, e := range events {
		if e.Reason == "FailedCreate" {
			f := CreateFailure(e.Message)
			f.Since = When(e)
			return []Finding{f} // the newest; the others are the same or old
		}
	}
	return nil
}
