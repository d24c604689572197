package upstream

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/loom-core/loom/servers/kit"
)

// atOnce is how many requests one call has under way.
const atOnce = 6

// Task is one of several questions that a call asks together.
type Task struct {
	Name string // as a warning calls it: patterns
	Do   func(ctx context.Context) error
}

// Together runs tasks, at most six at once, and shares the deadline of ctx
// among them. What fails becomes a warning, "patterns: …", in the order of the
// tasks; only when all fail is there an error, that of the first. A task
// writes its result where no other does, and one that did not finish wrote none.
func Together(ctx context.Context, tasks ...Task) (warnings []string, err error) {
	warnings, err = together(ctx, tasks)
	if len(warnings) < len(tasks) && warnings != nil {
		err = nil
	} else {
		warnings = nil
	}
	return warnings, err
}

// Besides is [Together] for what is not all of an answer: all of it may fail.
// Only a ctx that was cancelled is an error.
func Besides(ctx context.Context, tasks ...Task) (warnings []string, err error) {
	if warnings, err = together(ctx, tasks); warnings != nil {
		err = nil
	}
	return warnings, err
}

// All is [Together] for parts of which none may be missing: the error is that of
// the first, in their order, that failed.
func All(ctx context.Context, parts ...func(ctx context.Context) error) error {
	tasks := make([]Task, len(parts))
	for i, part := range parts {
		tasks[i] = Task{Name: "one of several questions", Do: part}
	}
	_, err := together(ctx, tasks)
	return err
}

// together has the failures as warnings and the first of them, or no warning
// and why ctx was cancelled.
func together(ctx context.Context, tasks []Task) (warnings []string, first error) {
	failures := make([]error, len(tasks))
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, task := range tasks {
		wg.Go(func() {
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
			case <-ctx.Done():
			}
			if failures[i] = context.Cause(ctx); failures[i] == nil {
				failures[i] = guarded(ctx, task)
			}
		})
	}
	wg.Wait() // tasks end with ctx
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, context.Cause(ctx) // nobody reads the rest
	}
	for i, failure := range failures {
		if failure == nil {
			continue
		}
		if first == nil {
			first = failure
		}
		warnings = append(warnings, tasks[i].Name+": "+warning(failure))
	}
	return warnings, first
}

// guarded makes a panic the failure of its task: outside of the goroutine of
// the call nobody would catch it.
func guarded(ctx context.Context, task Task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = kit.Errorf(kit.Internal, "internal error in %s: %v", task.Name, p)
		}
	}()
	return task.Do(ctx)
}

func warning(err error) string {
	var e *kit.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("%s (%s)", e.Message, e.Code)
	}
	return err.Error()
}
