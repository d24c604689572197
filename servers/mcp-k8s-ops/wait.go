package main

import (
	"context"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"k8s.io/apimachinery/pkg/types"
)

type waitArgs struct {
	Kind      string `arg:"kind,required"`
	Name      string `arg:"name,required"`
	Namespace string `arg:"namespace"`
	For       string `arg:"for,required" doc:"rollout, ready, deleted, condition=X or condition=X=False"`
	Timeout   string `arg:"timeout" default:"15s" doc:"at most 20s"`
}

func (o *ops) waitForCondition() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "wait_for_condition", Title: "Wait", Hints: kit.ReadLocal, Once: true,
		Description: "Waits until an object has come so far, and says how far it is in any case.",
		Example:     `{"kind": "deploy", "name": "web", "namespace": "shop", "for": "rollout"}`,
	}, o.wait)
}

const (
	maxWait  = 20 * time.Second // under the deadline of a call
	waitStep = 500 * time.Millisecond
)

// waited is what a wait came to. That it is not met is no error.
type waited struct {
	Context string `json:"context"`
	Target  string `json:"target"`
	For     string `json:"for"`
	Met     bool   `json:"met"`
	Failed  bool   `json:"failed,omitempty"` // to wait longer will not help
	State   string `json:"state"`
	Waited  string `json:"waited"`
	Retry   string `json:"retry,omitempty"`
}

func (o *ops) wait(ctx context.Context, a waitArgs) (*kit.Result, error) {
	limit, err := seconds("timeout", a.Timeout, maxWait)
	if err != nil {
		return nil, err
	}
	condition := strings.HasPrefix(a.For, "condition=") && len(a.For) > len("condition=") && len(a.For) < 200
	if a.For != "rollout" && a.For != "ready" && a.For != "deleted" && !condition {
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"for\" is %q, want rollout, ready, deleted or condition=X", shortened(a.For))
	}
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	t, err := s.object(ctx, a.Kind, a.Name, a.Namespace)
	if err != nil {
		return nil, err
	}
	if a.For == "rollout" && !t.is(rolling...) {
		return nil, kit.Errorf(kit.Unsupported, "%s have no rollout", t.kind.GroupResource()).WithHint("wait for=ready or for=condition=X")
	}
	w := waited{Context: s.Context, Target: t.String(), For: a.For}
	began := time.Now()
	var first types.UID
	for {
		u, err := s.get(ctx, t)
		gone := is(err, kit.NotFound)
		switch {
		case a.For == "deleted" && (gone || err == nil && first != "" && u.GetUID() != first):
			w.Met, w.State = true, "it is not there"
		case err != nil:
			return nil, err
		case a.For == "deleted":
			first = u.GetUID()
			if w.State = "it is there, and nobody has deleted it"; u.GetDeletionTimestamp() != nil {
				w.State = terminating(u)
			}
		default:
			st := stateOf(t, u, a.For)
			w.Met, w.Failed, w.State = st.Met, st.Failed, st.Message
		}
		if w.Met || w.Failed || time.Since(began) >= limit || !sleep(ctx, min(waitStep, limit-time.Since(began))) {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	w.Waited = kit.FormatDuration(time.Since(began).Round(100 * time.Millisecond))
	switch {
	case w.Failed:
		w.Retry = "to wait will not help; diagnose_workload of mcp-k8s says why"
	case !w.Met:
		w.Retry = "call again to wait on"
	}
	return kit.Payload(w, "").Untrusted(), nil
}

// seconds reads a duration that a call may take.
func seconds(name, text string, most time.Duration) (time.Duration, error) {
	d, err := kit.ParseDuration(text)
	if err != nil {
		d, err = kit.ParseDuration(text + "s") // 15
	}
	if err != nil || d < 0 || d > most {
		return 0, kit.Errorf(kit.InvalidArgument, "argument %q is %q, want a duration of at most %v such as 5s", name, shortened(text), most)
	}
	return d, nil
}
