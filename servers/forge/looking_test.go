package forge_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/forge"
)

// TestLooked: a refusal that is not for good is waited out, for some seconds, and no
// longer than the call may take.
func TestLooked(t *testing.T) {
	var (
		notYet = errors.New("not yet")
		no     = errors.New("no")
	)
	for name, tc := range map[string]struct {
		answers []error // the last one stays
		left    time.Duration
		want    error
		tries   int
		waited  time.Duration
	}{
		"at once":            {[]error{nil}, time.Minute, nil, 1, 0},
		"after two looks":    {[]error{notYet, notYet, nil}, time.Minute, nil, 3, 300 * time.Millisecond},
		"never":              {[]error{notYet}, time.Minute, notYet, 7, 6300 * time.Millisecond},
		"refused":            {[]error{no}, time.Minute, no, 1, 0},
		"refused after all":  {[]error{notYet, no}, time.Minute, no, 2, 100 * time.Millisecond},
		"no time for a look": {[]error{notYet}, 50 * time.Millisecond, notYet, 1, 0},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), tc.left)
		tries, waited := 0, time.Duration(0)
		err := forge.Looked(ctx, func(_ context.Context, d time.Duration) error { waited += d; return nil },
			func(err error) bool { return err == notYet },
			func() error { tries++; return tc.answers[min(tries, len(tc.answers))-1] })
		cancel()
		if err != tc.want || tries != tc.tries || waited != tc.waited {
			t.Errorf("%s: %v after %d tries and %v, want %v, %d and %v", name, err, tries, waited, tc.want, tc.tries, tc.waited)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(no)
	err := forge.Looked(ctx, func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) },
		func(error) bool { return true }, func() error { return notYet })
	if err != no {
		t.Errorf("given up: %v", err)
	}
}
