package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"github.com/loom-core/loom/servers/kit"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

type scaleArgs struct {
	Kind      string `arg:"kind,required"`
	Name      string `arg:"name,required"`
	Namespace string `arg:"namespace"`
	Replicas  int    `arg:"replicas,required" min:"0" max:"10000"`
	Current   *int   `arg:"current_replicas" min:"0" doc:"refuse unless it has these"`
	DryRun    *bool  `arg:"dry_run"`
	Confirm   string `arg:"confirm"`
}

func (o *ops) scaleWorkload() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "scale_workload", Title: "Scale a workload", Once: true, Hints: destroys,
		Description: "Sets the replicas of whatever can be scaled. To 0 is planned first, and needs confirm.",
		Example:     `{"kind": "deploy", "name": "web", "namespace": "shop", "replicas": 3, "current_replicas": 2}`,
	}, o.scale)
}

// hasScale reports whether a kind can be scaled. A right to what does not exist
// is not there either.
func (s *session) hasScale(ctx context.Context, t target) bool {
	root := path.Dir(target{kind: t.kind, name: "x"}.path())
	raw, err := s.REST().Get().AbsPath(path.Dir(root)).Do(ctx).Raw()
	var list metav1.APIResourceList
	if err != nil || json.Unmarshal(raw, &list) != nil {
		return true // not known: what was said stands
	}
	return slices.ContainsFunc(list.APIResources, func(r metav1.APIResource) bool { return r.Name == t.kind.Resource+"/scale" })
}

type replicas struct {
	Replicas int64 `json:"replicas"`
	Running  int64 `json:"running"`
}

func (o *ops) scale(ctx context.Context, a scaleArgs) (*kit.Result, error) {
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	t, err := o.writable(ctx, s, a.Kind, a.Name, a.Namespace)
	if err != nil {
		return nil, err
	}
	whole, err := s.get(ctx, t)
	if err != nil {
		return nil, err
	}
	live, err := s.of(t).Get(ctx, t.name, metav1.GetOptions{}, "scale")
	if err != nil && (apierrors.IsNotFound(err) || apierrors.IsForbidden(err)) && !s.hasScale(ctx, t) {
		return nil, kit.Errorf(kit.Unsupported, "%s cannot be scaled", t.kind.GroupResource()).WithHint("deployments, statefulsets, replicasets and what has a scale subresource can")
	} else if err != nil {
		return nil, s.fail(ctx, err, "get", t)
	}
	before := replicasOf(live)
	if a.Current != nil && int64(*a.Current) != before.Replicas {
		return nil, kit.Errorf(kit.Conflict, "%s has %d replicas, not %d", t, before.Replicas, *a.Current)
	}
	owner, err := s.autoscaler(ctx, t, a.Replicas)
	if err != nil {
		return nil, err
	}
	r := report{
		Target: t.String(), Changed: before.Replicas != int64(a.Replicas), Before: before,
		After: replicas{Replicas: int64(a.Replicas), Running: before.Running},
	}
	st := step{
		tool: "scale_workload", seen: []any{seenOf(t, whole), seenOf(t, live), owner}, dryRun: a.DryRun, confirm: a.Confirm,
		question: fmt.Sprintf("Scale %s from %d replicas to %d?", t, before.Replicas, a.Replicas),
	}
	a.DryRun, a.Confirm = nil, ""
	st.args = a
	var by kit.Approval
	switch {
	case !r.Changed:
		r.Context, r.Next = s.Context, "nothing is to change"
		return result(r, ""), nil
	case a.Replicas == 0 || st.confirm != "":
		act, how, err := o.decide(ctx, s, st)
		if err != nil {
			return nil, err
		}
		if by = how; !act {
			return result(o.planned(s, st, r), ""), nil
		}
	case st.dryRun != nil && *st.dryRun:
		return result(o.rehearsed(s, r), ""), nil
	}
	var after *unstructured.Unstructured
	err = s.whileSame(ctx, t, whole, func(version string) (err error) {
		after, err = s.setScale(ctx, t, live, version, a.Replicas)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.After = replicasOf(after)
	r.Next = waitFor(t, "rollout")
	return result(s.done(by, r), ""), nil
}

// rehearsed is the report of a dry run of what needs no confirm.
func (o *ops) rehearsed(s *session, r report) report {
	r.Context, r.DryRun, r.Next = s.Context, true, "repeat the call without dry_run to do it"
	r.Warnings = append(r.Warnings, s.warnings.list()...)
	return r
}

// setScale is refused when the object has another version.
func (s *session) setScale(ctx context.Context, t target, live *unstructured.Unstructured, version string, n int) (*unstructured.Unstructured, error) {
	scale := live.DeepCopy()
	scale.SetResourceVersion(version)
	if err := unstructured.SetNestedField(scale.Object, int64(n), "spec", "replicas"); err != nil {
		return nil, err
	}
	after, err := s.of(t).Update(ctx, scale, metav1.UpdateOptions{FieldManager: manager}, "scale")
	if err != nil {
		return nil, s.fail(ctx, err, "update", t)
	}
	return after, nil
}

func replicasOf(scale *unstructured.Unstructured) replicas {
	want, _, _ := unstructured.NestedInt64(scale.Object, "spec", "replicas")
	have, _, _ := unstructured.NestedInt64(scale.Object, "status", "replicas")
	return replicas{want, have}
}

// autoscaler says who will set the replicas back, and adds it to the warnings.
func (s *session) autoscaler(ctx context.Context, t target, n int) (found []string, err error) {
	list, err := s.Typed().AutoscalingV2().HorizontalPodAutoscalers(t.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		s.warnings.add("whether an autoscaler owns the replicas could not be looked up")
		return nil, nil
	}
	for _, h := range list.Items {
		if !scales(h.Spec.ScaleTargetRef, t) {
			continue
		}
		least := int32(1)
		if h.Spec.MinReplicas != nil {
			least = *h.Spec.MinReplicas
		}
		what := "it will set them anew"
		if n == 0 {
			what = "at 0 it does nothing until somebody scales up again"
		}
		found = append(found, fmt.Sprintf("HorizontalPodAutoscaler %s owns the replicas (%d to %d): %s; change its limits instead", h.Name, least, h.Spec.MaxReplicas, what))
		s.warnings.add(found[len(found)-1])
	}
	return found, nil
}

func scales(ref autoscalingv2.CrossVersionObjectReference, t target) bool {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	return err == nil && gv.Group == t.kind.Group && ref.Kind == t.kind.Kind && ref.Name == t.name
}

// waitFor is the call that says when a change is done.
func waitFor(t target, what string) string {
	call := fmt.Sprintf("wait_for_condition kind=%s name=%s", t.kind.GroupResource(), t.name)
	if t.namespace != "" {
		call += " namespace=" + t.namespace
	}
	return call + " for=" + what
}
