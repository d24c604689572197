package main

import (
	"context"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-k8s-ops/internal/change"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// changing is a change of one object that needs no confirm.
type changing struct {
	patch  patching
	dryRun bool
	state  func(*unstructured.Unstructured) any // what before and after say
	next   string
	quiet  bool // state says it all: no difference
}

// tries is how often a change is made anew because the object was changed by
// others at that moment, such as its status by a controller.
const tries = 3

// change makes the change, of an object as it was read and of no other state, so
// that before and after are what this change made of it.
func (o *ops) change(ctx context.Context, s *session, t target, live *unstructured.Unstructured, c changing) (*kit.Result, error) {
	for try := 1; ; try++ {
		r, err := o.changeOnce(ctx, s, t, live, c)
		if !is(err, kit.Conflict) || try == tries {
			return r, err
		}
		before := change.Sum(live.Object)
		if live, err = s.get(ctx, t); err != nil {
			return nil, err
		}
		if change.Sum(live.Object) != before {
			return nil, kit.Errorf(kit.Conflict, "%s was changed by others at the same moment", t).WithHint("look at it, and call again")
		}
	}
}

func (o *ops) changeOnce(ctx context.Context, s *session, t target, live *unstructured.Unstructured, c changing) (*kit.Result, error) {
	after, err := s.patch(ctx, t, c.patch, live.GetResourceVersion(), true)
	if err != nil {
		return nil, err
	}
	r := report{Target: t.String(), Changed: !change.Equal(live.Object, after.Object), Before: c.state(live)}
	body := ""
	if !c.quiet {
		body = change.Diff(t.String(), live.Object, after.Object)
	}
	r.After = c.state(after)
	switch {
	case !r.Changed:
		r.Next = "nothing is to change"
		r.DryRun = c.dryRun
		return result(s.done("", r), ""), nil
	case c.dryRun:
		return result(o.rehearsed(s, r), body), nil
	}
	if after, err = s.patch(ctx, t, c.patch, live.GetResourceVersion(), false); err != nil {
		return nil, err
	}
	r.After, r.Next = c.state(after), c.next
	return result(s.done("", r), clip(body)), nil
}
