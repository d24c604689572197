package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/mcp-k8s-ops/internal/change"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

type rollbackArgs struct {
	Kind      string `arg:"kind,required"`
	Name      string `arg:"name,required"`
	Namespace string `arg:"namespace"`
	Revision  int    `arg:"to_revision" min:"0" doc:"0: the one before"`
	DryRun    *bool  `arg:"dry_run"`
	Confirm   string `arg:"confirm"`
}

func (o *ops) rollbackWorkload() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "rollback_workload", Title: "Roll back a workload", Once: true, Hints: destroysNot,
		Description: "Takes the pod template of an earlier revision. First a plan with the difference and the revisions, then again with confirm.",
		Example:     `{"kind": "deploy", "name": "web", "namespace": "shop"}`,
	}, o.rollback)
}

// revision is an earlier template of a workload.
type revision struct {
	Revision int64  `json:"revision"`
	Created  string `json:"created"`
	Images   string `json:"images"`
	Current  bool   `json:"current,omitempty"`

	from *unstructured.Unstructured // the ReplicaSet or ControllerRevision
}

func (o *ops) rollback(ctx context.Context, a rollbackArgs) (*kit.Result, error) {
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	t, live, err := o.rollable(ctx, s, a.Kind, a.Name, a.Namespace)
	if err != nil {
		return nil, err
	}
	if paused, _, _ := unstructured.NestedBool(live.Object, "spec", "paused"); paused {
		return nil, kit.Errorf(kit.FailedPrecondition, "the rollout of %s is paused", t).WithHint("set_rollout_paused paused=false first")
	}
	all, err := s.revisions(ctx, t, live)
	if err != nil {
		return nil, err
	}
	to, err := choose(t, all, a.Revision)
	if err != nil {
		return nil, err
	}
	p, err := toRevision(t, to)
	if err != nil {
		return nil, err
	}
	after, err := s.patch(ctx, t, p, "", true)
	if err != nil {
		return nil, err
	}
	diff := change.Diff(t.String(), live.Object, after.Object)
	r := report{
		Target: t.String(), Changed: diff != "", Details: shortList(all),
		Before: images(live.Object, "spec", "template", "spec"), After: images(after.Object, "spec", "template", "spec"),
	}
	if !r.Changed {
		r.Context, r.DryRun, r.Next = s.Context, true, fmt.Sprintf("revision %d is what it has: nothing would change", to.Revision)
		return result(r, ""), nil
	}
	st := step{
		tool: "rollback_workload", seen: []any{seenOf(t, live), to.from.GetUID(), p.body, r.Details}, dryRun: a.DryRun, confirm: a.Confirm,
		question: fmt.Sprintf("Roll %s back to revision %d?\n%s", t, to.Revision, clip(diff)),
	}
	a.DryRun, a.Confirm = nil, ""
	st.args = a
	act, by, err := o.decide(ctx, s, st)
	if err != nil {
		return nil, err
	}
	if !act {
		return result(o.planned(s, st, r), diff), nil
	}
	err = s.whileSame(ctx, t, live, func(version string) error {
		_, err := s.patch(ctx, t, p, version, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.Details, r.Next = nil, waitFor(t, "rollout")
	return result(s.done(by, r), clip(diff)), nil
}

// revisionOf is the annotation in which a Deployment counts.
const revisionOf = "deployment.kubernetes.io/revision"

// revisions are the templates that a workload had, the newest first.
func (s *session) revisions(ctx context.Context, t target, live *unstructured.Unstructured) ([]revision, error) {
	keeper := "controllerrevisions.v1.apps"
	if t.is("deployments.apps") {
		keeper = "replicasets.v1.apps"
	}
	kind, err := s.Kind(ctx, keeper)
	if err != nil {
		return nil, err
	}
	raw, _, _ := unstructured.NestedMap(live.Object, "spec", "selector")
	selector, err := selectorOf(raw)
	if err != nil {
		return nil, err
	}
	list, err := s.objects.Resource(kind.GVR()).Namespace(t.namespace).List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: maxListed})
	if err != nil {
		return nil, s.Error(ctx, err, cluster.Request{Verb: "list", Kind: kind, Namespace: t.namespace})
	}
	var all []revision
	for i := range list.Items {
		u := &list.Items[i]
		if !slices.ContainsFunc(u.GetOwnerReferences(), func(ref metav1.OwnerReference) bool { return ref.UID == live.GetUID() }) {
			continue
		}
		r := revision{Created: kit.FormatTime(u.GetCreationTimestamp().Time), from: u}
		if t.is("deployments.apps") {
			r.Revision, _ = strconv.ParseInt(u.GetAnnotations()[revisionOf], 10, 64)
			r.Images = images(u.Object, "spec", "template", "spec")
		} else {
			r.Revision = number(u, "revision")
			r.Images = images(u.Object, "data", "spec", "template", "spec")
		}
		if r.Revision > 0 {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b revision) int { return cmp.Compare(b.Revision, a.Revision) })
	if len(all) > 0 {
		all[0].Current = true // rolling back makes the old one the newest
	}
	return all, nil
}

func selectorOf(raw map[string]any) (string, error) {
	var selector metav1.LabelSelector
	encoded, err := json.Marshal(raw)
	if err == nil {
		err = json.Unmarshal(encoded, &selector)
	}
	if err != nil {
		return "", err
	}
	parsed, err := metav1.LabelSelectorAsSelector(&selector)
	if err != nil {
		return "", err
	}
	return parsed.String(), nil
}

func choose(t target, all []revision, wanted int) (revision, error) {
	if wanted == 0 {
		if len(all) < 2 {
			return revision{}, kit.Errorf(kit.FailedPrecondition, "%s has no earlier revision", t).
				WithHint("revisionHistoryLimit says how many are kept")
		}
		return all[1], nil
	}
	var have []string
	for _, r := range all {
		if r.Revision == int64(wanted) {
			return r, nil
		}
		have = append(have, strconv.FormatInt(r.Revision, 10))
	}
	return revision{}, kit.Errorf(kit.NotFound, "%s has no revision %d", t, wanted).WithHint("it has %s", strings.Join(have, ", "))
}

// toRevision is the patch that brings a template back. What a ControllerRevision
// keeps is one.
func toRevision(t target, to revision) (patching, error) {
	if !t.is("deployments.apps") {
		data, ok, _ := unstructured.NestedMap(to.from.Object, "data")
		if !ok {
			return patching{}, kit.Errorf(kit.Unsupported, "revision %d of %s cannot be read", to.Revision, t)
		}
		return patching{types.StrategicMergePatchType, rawMembers(data)}, nil
	}
	template, ok, _ := unstructured.NestedMap(to.from.Object, "spec", "template")
	if !ok {
		return patching{}, kit.Errorf(kit.Unsupported, "revision %d of %s cannot be read", to.Revision, t)
	}
	unstructured.RemoveNestedField(template, "metadata", "labels", "pod-template-hash")
	unstructured.RemoveNestedField(template, "metadata", "creationTimestamp")
	op, err := json.Marshal(map[string]any{"op": "replace", "path": "/spec/template", "value": template})
	return patching{types.JSONPatchType, []json.RawMessage{op}}, err
}

// images are those of the containers of a pod spec.
func images(o map[string]any, path ...string) string {
	list, _, _ := unstructured.NestedSlice(o, append(path, "containers")...)
	var all []string
	for _, c := range list {
		if c, ok := c.(map[string]any); ok {
			all = append(all, text(c["name"])+"="+text(c["image"]))
		}
	}
	return strings.Join(all, ", ")
}

// shortList is enough revisions to choose from.
func shortList(all []revision) []revision { return all[:min(len(all), 10)] }
