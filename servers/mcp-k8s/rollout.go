package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/mcp-k8s/internal/diagnose"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type rolloutArgs struct {
	Kind      string `arg:"kind,required"`
	Name      string `arg:"name,required"`
	Namespace string `arg:"namespace" alias:"ns"`
	Revisions int    `arg:"revisions,clamp" default:"5" min:"1" max:"20"`
}

// rollout is what get_rollout answers.
type rollout struct {
	Target    string        `json:"target"`
	State     string        `json:"state"` // complete, progressing, stuck, paused
	Detail    string        `json:"detail"`
	Replicas  string        `json:"replicas,omitempty"`
	Revisions []revisionRow `json:"revisions"`
	NextCalls []string      `json:"next_calls,omitempty"`
}

type revisionRow struct {
	Revision int64    `json:"revision"`
	Created  string   `json:"created"`
	Pods     *int64   `json:"pods,omitempty"` // of a Deployment
	Images   string   `json:"images"`
	Cause    string   `json:"change_cause,omitempty"`
	Changes  []string `json:"changes,omitempty"` // against the revision before
}

func (k *k8s) getRollout() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "get_rollout", Title: "Get a rollout",
		Description: "Whether it is complete; revisions with images and what each changed.",
		Hints:       kit.ReadLocal, Output: rollout{},
		Example: `{"kind":"deploy","name":"web","namespace":"shop"}`,
	}, k.runRollout)
}

func (k *k8s) runRollout(ctx context.Context, a rolloutArgs) (*kit.Result, error) {
	t, err := k.find(ctx, a.Kind, a.Namespace, false)
	if err != nil {
		return nil, err
	}
	if t.kind.Group != "apps" || !slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet"}, t.kind.Kind) {
		return nil, kit.Errorf(kit.Unsupported, "%s have no rollout", t.kind.GroupResource()).WithHint("deployments, statefulsets and daemonsets have")
	}
	o, err := t.get(ctx, a.Name)
	if err != nil {
		return nil, err
	}
	out := rollout{Target: fmt.Sprintf("%s %s in %s", t.kind.Kind, a.Name, t.namespace), Replicas: replicasOf(o)}
	out.State, out.Detail = rolloutState(o)
	if out.State == "stuck" || out.State == "progressing" {
		out.NextCalls = []string{fmt.Sprintf("diagnose_workload kind=%s name=%s namespace=%s", t.kind.Singular, a.Name, t.namespace)}
	}
	all, err := t.revisions(ctx, o)
	if err != nil {
		return nil, err
	}
	for i, r := range all[:min(len(all), a.Revisions)] {
		row := revisionRow{Revision: r.number, Created: kit.FormatTime(r.created.Time), Pods: r.pods, Images: listed(images(r.template), 6), Cause: r.cause}
		if i+1 < len(all) {
			row.Changes = changes(all[i+1].template, r.template)
		}
		out.Revisions = append(out.Revisions, row)
	}
	return kit.Record(out).Untrusted().Narrow("ask for fewer revisions"), nil
}

// rolloutState is what kubectl rollout status would wait for.
func rolloutState(o *unstructured.Unstructured) (state, detail string) {
	n := func(path ...string) int64 { v, _, _ := unstructured.NestedInt64(o.Object, path...); return v }
	if n("status", "observedGeneration") < o.GetGeneration() {
		return "progressing", "its controller has not seen the last change yet"
	}
	if paused, _, _ := unstructured.NestedBool(o.Object, "spec", "paused"); paused {
		return "paused", "changes wait until it is resumed"
	}
	for _, c := range diagnose.Conditions(o) {
		if c.Type == "Progressing" && c.Status == "False" {
			return "stuck", c.Reason + ": " + c.Message
		}
	}
	switch o.GetKind() {
	case "DaemonSet":
		wanted, updated, available := n("status", "desiredNumberScheduled"), n("status", "updatedNumberScheduled"), n("status", "numberAvailable")
		if updated < wanted || available < wanted {
			return "progressing", fmt.Sprintf("%d of %d pods are updated, %d available", updated, wanted, available)
		}
	case "StatefulSet":
		wanted := desired(o)
		if partition := n("spec", "updateStrategy", "rollingUpdate", "partition"); partition > 0 {
			wanted = max(0, wanted-partition)
		}
		current, _, _ := unstructured.NestedString(o.Object, "status", "currentRevision")
		update, _, _ := unstructured.NestedString(o.Object, "status", "updateRevision")
		if ready := n("status", "readyReplicas"); ready < desired(o) {
			return "progressing", fmt.Sprintf("%d of %d pods are ready", ready, desired(o))
		}
		if updated := n("status", "updatedReplicas"); current != update && updated < wanted {
			return "progressing", fmt.Sprintf("%d of %d pods are updated", updated, wanted)
		}
	default:
		wanted, updated, all, available := desired(o), n("status", "updatedReplicas"), n("status", "replicas"), n("status", "availableReplicas")
		switch {
		case updated < wanted:
			return "progressing", fmt.Sprintf("%d of %d pods are updated", updated, wanted)
		case all > updated:
			return "progressing", fmt.Sprintf("%d old pods have still to end", all-updated)
		case available < updated:
			return "progressing", fmt.Sprintf("%d of %d updated pods are available", available, updated)
		}
	}
	return "complete", "all pods are of the newest revision and available"
}

// revision is a state of the pod template.
type revision struct {
	number   int64
	created  metav1.Time
	cause    string
	pods     *int64
	template map[string]any
}

const (
	revisionNote = "deployment.kubernetes.io/revision"
	causeNote    = "kubernetes.io/change-cause"
)

// revisions of a workload, the newest first.
func (t target) revisions(ctx context.Context, o *unstructured.Unstructured) (all []revision, err error) {
	name := "apps/v1/ControllerRevision"
	if t.kind.Kind == "Deployment" {
		name = "apps/v1/ReplicaSet"
	}
	kind, err := t.Kind(ctx, name)
	if err != nil {
		return nil, err
	}
	selector, _ := selectorOf(o.Object)
	of := target{Cluster: t.Cluster, kind: kind, namespace: t.namespace}
	list, err := of.resource().List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: chunk})
	if err != nil {
		return nil, t.Error(ctx, err, cluster.Request{Verb: "list", Kind: kind, Namespace: t.namespace})
	}
	for i := range list.Items {
		in := &list.Items[i]
		if owner := metav1.GetControllerOfNoCopy(in); owner == nil || owner.UID != o.GetUID() {
			continue
		}
		r := revision{created: in.GetCreationTimestamp(), cause: in.GetAnnotations()[causeNote]}
		if t.kind.Kind == "Deployment" {
			r.number, _ = strconv.ParseInt(in.GetAnnotations()[revisionNote], 10, 64)
			pods, _, _ := unstructured.NestedInt64(in.Object, "status", "replicas")
			r.pods = &pods
			r.template, _, _ = unstructured.NestedMap(in.Object, "spec", "template")
		} else {
			r.number, _, _ = unstructured.NestedInt64(in.Object, "revision")
			r.template, _, _ = unstructured.NestedMap(in.Object, "data", "spec", "template")
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b revision) int { return cmp.Compare(b.number, a.number) })
	return all, nil
}
