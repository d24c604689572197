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

// tries is how often a write is made anew because the object was changed at that
// moment in what the write is not about.
const tries = 3

// whileSame writes to an object as it was read. When it has another version by
// now and says the same, because a controller has written its status, it writes
// to that. version is that of live at first.
func (s *session) whileSame(ctx context.Context, t target, live *unstructured.Unstructured, write func(version string) error) error {
	version := live.GetResourceVersion()
	for try := 1; ; try++ {
		err := write(version)
		if !is(err, kit.Conflict) || try == tries {
			return err
		}
		now, gone := s.get(ctx, t)
		if gone != nil {
			return gone
		}
		if change.Sum(now.Object) != change.Sum(live.Object) || change.Owners(now.Object) != change.Owners(live.Object) {
			return kit.Errorf(kit.Conflict, "%s was changed at the same moment", t).WithHint("look at it, and plan again")
		}
		version = now.GetResourceVersion()
	}
}

// change makes the change, of the object as it was read and of no other state, so
// that before and after are what this change made of it.
func (o *ops) change(ctx context.Context, s *session, t target, live *unstructured.Unstructured, c changing) (*kit.Result, error) {
	after, err := s.patch(ctx, t, c.patch, "", true)
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
	err = s.whileSame(ctx, t, live, func(version string) (err error) {
		after, err = s.patch(ctx, t, c.patch, version, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.After, r.Next = c.state(after), c.next
	return result(s.done("", r), clip(body)), nil
}
