package main

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// state is how far an object has come on the way to a condition.
type state struct {
	Met     bool
	Failed  bool // it will not be met without another change
	Message string
}

// stateOf looks at an object. what is rollout, ready or condition=X, of which X
// may be Name or Name=Status.
func stateOf(t target, u *unstructured.Unstructured, what string) state {
	if name, ok := strings.CutPrefix(what, "condition="); ok {
		name, want, _ := strings.Cut(name, "=")
		if want == "" {
			want = "True"
		}
		return conditionState(t, u, name, want)
	}
	switch {
	case t.is("deployments.apps"):
		return deploymentState(u)
	case t.is("statefulsets.apps"):
		return statefulSetState(u)
	case t.is("daemonsets.apps"):
		return daemonSetState(u)
	case t.is("jobs.batch"):
		return conditionState(t, u, "Complete", "True")
	case t.is("replicasets.apps", "replicationcontrollers"):
		want, ready := number(u, "spec", "replicas"), number(u, "status", "readyReplicas")
		return state{Met: ready == want, Message: fmt.Sprintf("%d of %d pods are ready", ready, want)}
	case t.is("persistentvolumeclaims", "persistentvolumes", "namespaces"):
		phase, _, _ := unstructured.NestedString(u.Object, "status", "phase")
		return state{Met: phase == "Bound" || phase == "Active", Message: "phase " + phase}
	}
	return conditionState(t, u, "Ready", "True")
}

func number(u *unstructured.Unstructured, path ...string) int64 {
	n, _, _ := unstructured.NestedInt64(u.Object, path...)
	return n
}

// wanted is spec.replicas, which is 1 when it is left out.
func wanted(u *unstructured.Unstructured) int64 {
	if n, ok, _ := unstructured.NestedInt64(u.Object, "spec", "replicas"); ok {
		return n
	}
	return 1
}

// observed reports whether the controller has seen the last change.
func observed(u *unstructured.Unstructured) bool {
	return number(u, "status", "observedGeneration") >= u.GetGeneration()
}

var unseen = state{Message: "the change has not been seen by its controller"}

func deploymentState(u *unstructured.Unstructured) state {
	if !observed(u) {
		return unseen
	}
	want, updated, all, available := wanted(u), number(u, "status", "updatedReplicas"), number(u, "status", "replicas"), number(u, "status", "availableReplicas")
	st := state{Message: fmt.Sprintf("%d of %d pods updated, %d available", updated, want, available)}
	if all > updated {
		st.Message += fmt.Sprintf(", %d old ones left", all-updated)
	}
	if reason, message := condition(u, "Progressing", "False"); reason == "ProgressDeadlineExceeded" {
		st.Failed, st.Message = true, st.Message+": "+message
		return st
	}
	if paused, _, _ := unstructured.NestedBool(u.Object, "spec", "paused"); paused {
		st.Message += ", paused"
	}
	if reason, message := condition(u, "ReplicaFailure", "True"); reason != "" {
		st.Message += ": " + message
	}
	st.Met = updated >= want && all <= updated && available >= updated
	return st
}

func statefulSetState(u *unstructured.Unstructured) state {
	if !observed(u) {
		return unseen
	}
	want, ready, updated := wanted(u), number(u, "status", "readyReplicas"), number(u, "status", "updatedReplicas")
	partition := number(u, "spec", "updateStrategy", "rollingUpdate", "partition")
	st := state{Message: fmt.Sprintf("%d of %d pods updated, %d ready", updated, want, ready)}
	now, _, _ := unstructured.NestedString(u.Object, "status", "currentRevision")
	next, _, _ := unstructured.NestedString(u.Object, "status", "updateRevision")
	switch {
	case partition > 0:
		st.Message += fmt.Sprintf(", partition %d", partition)
		st.Met = ready >= want && updated >= want-partition
	default:
		st.Met = ready >= want && now == next
	}
	return st
}

func daemonSetState(u *unstructured.Unstructured) state {
	if !observed(u) {
		return unseen
	}
	want, updated, available := number(u, "status", "desiredNumberScheduled"), number(u, "status", "updatedNumberScheduled"), number(u, "status", "numberAvailable")
	return state{Met: updated >= want && available >= want, Message: fmt.Sprintf("%d of %d pods updated, %d available", updated, want, available)}
}

// condition is the reason and the message of a condition that has that status.
func condition(u *unstructured.Unstructured, name, status string) (reason, message string) {
	for _, c := range conditions(u) {
		if have, _ := c["status"].(string); strings.EqualFold(text(c["type"]), name) && strings.EqualFold(have, status) {
			reason, message = text(c["reason"]), text(c["message"])
			if reason == "" {
				reason = name
			}
			return reason, message
		}
	}
	return "", ""
}

func conditions(u *unstructured.Unstructured) (all []map[string]any) {
	list, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, c := range list {
		if c, ok := c.(map[string]any); ok {
			all = append(all, c)
		}
	}
	return all
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// conditionState says which conditions there are while the one is not met. A Job
// that has failed will not complete, nor a pod that has ended become ready.
func conditionState(t target, u *unstructured.Unstructured, name, want string) state {
	if reason, message := condition(u, name, want); reason != "" {
		return state{Met: true, Message: strings.TrimSuffix(fmt.Sprintf("%s is %s: %s", name, want, message), ": ")}
	}
	var have []string
	for _, c := range conditions(u) {
		one := fmt.Sprintf("%s=%s", text(c["type"]), text(c["status"]))
		if why := text(c["reason"]); why != "" && !strings.EqualFold(text(c["status"]), "True") {
			one += " (" + why + ")"
		}
		have = append(have, one)
	}
	st := state{Message: "its conditions are " + strings.Join(have, ", ")}
	if have == nil {
		st.Message = "it has no conditions"
	}
	if reason, message := condition(u, "Failed", "True"); t.is("jobs.batch") && reason != "" && !strings.EqualFold(name, "Failed") {
		st.Failed, st.Message = true, "the Job has failed: "+reason+": "+message
	}
	if phase, _, _ := unstructured.NestedString(u.Object, "status", "phase"); t.is("pods") {
		st.Message = "phase " + phase + "; " + st.Message
		st.Failed = (phase == "Failed" || phase == "Succeeded") && strings.EqualFold(name, "Ready")
	}
	return st
}
