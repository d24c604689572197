package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

type restartArgs struct {
	Kind      string `arg:"kind,required"`
	Name      string `arg:"name,required"`
	Namespace string `arg:"namespace"`
	DryRun    bool   `arg:"dry_run"`
}

func (o *ops) restartWorkload() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "restart_workload", Title: "Restart a workload", Once: true, Hints: writesAgain,
		Description: "Replaces the pods of a Deployment, StatefulSet or DaemonSet, in the manner of its rollout.",
		Example:     `{"kind": "deploy", "name": "web", "namespace": "shop"}`,
	}, o.restart)
}

// rolling are the kinds that replace their pods when their template changes.
var rolling = []string{"deployments.apps", "statefulsets.apps", "daemonsets.apps"}

// restartedAt is the annotation of a template that kubectl rollout restart sets too.
const restartedAt = "kubectl.kubernetes.io/restartedAt"

func (o *ops) restart(ctx context.Context, a restartArgs) (*kit.Result, error) {
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	t, live, err := o.rollable(ctx, s, a.Kind, a.Name, a.Namespace)
	if err != nil {
		return nil, err
	}
	if paused, _, _ := unstructured.NestedBool(live.Object, "spec", "paused"); paused {
		return nil, kit.Errorf(kit.FailedPrecondition, "the rollout of %s is paused, so that a restart would wait", t).
			WithHint("set_rollout_paused paused=false first")
	}
	if strategy, _, _ := unstructured.NestedString(live.Object, "spec", "updateStrategy", "type"); strategy == "OnDelete" {
		s.warnings.add("its update strategy is OnDelete: each pod is replaced when somebody deletes it")
	}
	at := func(u *unstructured.Unstructured) any {
		text, _, _ := unstructured.NestedString(u.Object, "spec", "template", "metadata", "annotations", restartedAt)
		return struct {
			RestartedAt string `json:"restarted_at"`
			Rollout     string `json:"rollout"`
		}{text, stateOf(t, u, "rollout").Message}
	}
	return o.change(ctx, s, t, live, changing{
		patch:  merging("spec", "template", "metadata", "annotations", restartedAt, o.now().UTC().Format(time.RFC3339)),
		dryRun: a.DryRun, state: at, next: waitFor(t, "rollout"), quiet: true,
	})
}

type pauseArgs struct {
	Kind      string `arg:"kind,required"`
	Name      string `arg:"name,required"`
	Namespace string `arg:"namespace"`
	Paused    *bool  `arg:"paused,required"`
}

func (o *ops) setRolloutPaused() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "set_rollout_paused", Title: "Pause or resume a rollout", Once: true, Hints: writes,
		Description: "Of a Deployment.",
		Example:     `{"kind": "deploy", "name": "web", "namespace": "shop", "paused": true}`,
	}, o.pause)
}

func (o *ops) pause(ctx context.Context, a pauseArgs) (*kit.Result, error) {
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	t, live, err := o.rollable(ctx, s, a.Kind, a.Name, a.Namespace)
	if err != nil {
		return nil, err
	}
	if !t.is("deployments.apps") {
		return nil, kit.Errorf(kit.Unsupported, "%s cannot be paused, only a Deployment can", t.kind.GroupResource())
	}
	state := func(u *unstructured.Unstructured) any {
		paused, _, _ := unstructured.NestedBool(u.Object, "spec", "paused")
		return struct {
			Paused  bool   `json:"paused"`
			Rollout string `json:"rollout"`
		}{paused, stateOf(t, u, "rollout").Message}
	}
	return o.change(ctx, s, t, live, changing{patch: merging("spec", "paused", *a.Paused), state: state})
}

// rollable is a workload that has rollouts, as it is.
func (o *ops) rollable(ctx context.Context, s *session, kind, name, namespace string) (target, *unstructured.Unstructured, error) {
	t, err := o.writable(ctx, s, kind, name, namespace)
	if err != nil {
		return t, nil, err
	}
	if !t.is(rolling...) {
		return t, nil, kit.Errorf(kit.Unsupported, "%s have no rollout", t.kind.GroupResource()).WithHint("deployments, statefulsets and daemonsets have")
	}
	live, err := s.get(ctx, t)
	return t, live, err
}

// merging is a merge patch that sets one member: the path, then the value.
func merging(path ...any) patching {
	var v any = path[len(path)-1]
	for i := len(path) - 2; i >= 0; i-- {
		v = map[string]any{path[i].(string): v}
	}
	return mergePatch(v.(map[string]any))
}

func mergePatch(object map[string]any) patching {
	return patching{types.MergePatchType, rawMembers(object)}
}

func rawMembers(object map[string]any) map[string]json.RawMessage {
	members := make(map[string]json.RawMessage, len(object))
	for name, v := range object {
		raw, err := json.Marshal(v)
		if err != nil {
			panic("encoding a patch: " + err.Error()) // maps and texts of ours
		}
		members[name] = raw
	}
	return members
}
