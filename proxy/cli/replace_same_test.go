package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/proxy/internal/snippet"
	"github.com/loom-core/loom/registry"
)

// Of many who replace one text at the same moment one comes through, and the others
// hear of it.
func TestReplaceIfSame(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "link.yaml")
	target := filepath.Join(dir, "dotfiles", "registry.yaml")
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	text := []byte(nil)
	for round := range 50 {
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			wg.Go(func() { errs[i] = replaceIfSame(path, text, fmt.Appendf(nil, "%d %d", round, i)) })
		}
		wg.Wait()
		won := -1
		for i, err := range errs {
			switch {
			case err == nil && won >= 0:
				t.Fatalf("round %d: %d and %d both wrote", round, won, i)
			case err == nil:
				won = i
			case !errors.Is(err, errElsewhere):
				t.Fatal(err)
			}
		}
		now, err := os.ReadFile(target)
		if want := fmt.Sprintf("%d %d", round, won); err != nil || string(now) != want {
			t.Fatalf("round %d: %q, %v, want %q", round, now, err, want)
		}
		text = now
	}
}

// Servers that are added at once are all there afterwards.
func TestAddAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config", "registry.yaml")
	const n = 12
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			opts := &AddOptions{SecretOptions: SecretOptions{Dirs: func() (localsock.Dirs, error) { return localsock.Dirs{}, nil }}}
			s := snippet.Server{Name: fmt.Sprintf("s%d", i), Entry: registry.New{Command: "x"}}
			if _, err := opts.write(RegistryFile{Path: path}, s); err != nil {
				t.Errorf("adding %s: %v", s.Name, err)
			}
		})
	}
	wg.Wait()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(data), "command: x"); got != n {
		t.Errorf("%d servers of %d:\n%s", got, n, data)
	}
}
