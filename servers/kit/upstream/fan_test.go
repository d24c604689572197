package upstream

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

func TestTogether(t *testing.T) {
	var now, most atomic.Int32
	var tasks []Task
	for range 20 {
		tasks = append(tasks, Task{"t", func(context.Context) error {
			n := now.Add(1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			time.Sleep(time.Millisecond)
			now.Add(-1)
			return nil
		}})
	}
	if warnings, err := Together(t.Context(), tasks...); warnings != nil || err != nil || most.Load() > atOnce {
		t.Errorf("%v %v, %d at once", warnings, err, most.Load())
	}
	bad := func(name string) Task {
		return Task{name, func(context.Context) error { return kit.Errorf(kit.NotFound, "no %s", name) }}
	}
	good := Task{"good", func(context.Context) error { return nil }}
	bug := Task{"bug", func(context.Context) error { panic("oops") }}
	warnings, err := Together(t.Context(), bad("a"), good, bad("b"), bug)
	if got := strings.Join(warnings, "|"); err != nil || got != "a: no a (not_found)|b: no b (not_found)|bug: internal error in bug: oops (internal)" {
		t.Errorf("%v %v", warnings, err)
	}
	var e *kit.Error
	if _, err := Together(t.Context(), bad("a"), bad("b")); !errors.As(err, &e) || e.Message != "no a" {
		t.Errorf("all failed: %v", err)
	}
	if warnings, err := Besides(t.Context(), bad("a"), bad("b")); err != nil || len(warnings) != 2 {
		t.Errorf("all that is besides failed: %v %v", warnings, err)
	}
	if warnings, err := Together(t.Context()); warnings != nil || err != nil {
		t.Errorf("nothing was asked: %v %v", warnings, err)
	}
	// The deadline takes what is not done; what is done is kept.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	slow := Task{"slow", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
	if warnings, err := Together(ctx, slow, good); err != nil || len(warnings) != 1 || !strings.HasPrefix(warnings[0], "slow: ") {
		t.Errorf("%v %v", warnings, err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if _, err := Together(ctx, slow, good); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := Besides(ctx, slow, good); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled besides: %v", err)
	}
}

// TestAll: what one part lacks, a panic too, is an error of the whole.
func TestAll(t *testing.T) {
	good := func(context.Context) error { return nil }
	bad := func(context.Context) error { return kit.Errorf(kit.NotFound, "no a") }
	bug := func(context.Context) error { panic("oops") }
	gone, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("given up"))
	for name, tc := range map[string]struct {
		ctx   context.Context
		parts []func(context.Context) error
		want  string
	}{
		"none":      {t.Context(), nil, ""},
		"good":      {t.Context(), []func(context.Context) error{good, good}, ""},
		"one bad":   {t.Context(), []func(context.Context) error{good, bad, good}, "not_found: no a"},
		"a panic":   {t.Context(), []func(context.Context) error{good, bug}, "internal: internal error in one of several questions: oops"},
		"the first": {t.Context(), []func(context.Context) error{bug, bad}, "internal: internal error in one of several questions: oops"},
		"cancelled": {gone, []func(context.Context) error{good}, "given up"},
	} {
		got := ""
		if err := All(tc.ctx, tc.parts...); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
