package keyring

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// TestOutOfSight: while a value is on its way into pass, no process shows it to
// those who list processes.
func TestOutOfSight(t *testing.T) {
	env, began := stuck(t)
	opts := options(t, env...)
	opts.Backend = core.Pass
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := core.New(opts).Set(ctx, "a", secret.NewValue("c4n4ry-in-sight"))
		failed <- err
	}()
	f := <-began
	seen := 0
	for _, name := range []string{"cmdline", "environ"} {
		files, _ := filepath.Glob("/proc/[0-9]*/" + name) // the pattern is good
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				continue // ended meanwhile, or another user's
			}
			if bytes.Contains(raw, []byte("c4n4ry-in-sight")) {
				t.Errorf("%s shows the value", file)
			}
			if bytes.Contains(raw, []byte("insert\x00-m\x00-f\x00loom/.new-a")) {
				seen++
			}
		}
	}
	if seen == 0 {
		t.Error("pass was not seen, so the test looked at nothing")
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "c4n4ry") {
		t.Errorf("got %v", err)
	}
	ended(t, f)
}
