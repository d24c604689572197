package program

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// module is a program that needs no other module.
func module(t *testing.T, body string) (Program, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module tiny.test\n\ngo 1.26.0\n", "main.go": "package main\n\nfunc main() { " + body + " }\n", "page/index.html": "hello",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Program{Name: "tiny", Package: "tiny.test", Folders: []string{"page"}}, dir
}

// TestBuild: it is built once, by one of several who want it, with what it reads
// beside it; what a build that died left is no hindrance, and goes.
func TestBuild(t *testing.T) {
	p, dir := module(t, "println(42)")
	cache := t.TempDir()
	key, err := p.key(dir)
	if err != nil {
		t.Fatal(err)
	}
	place := filepath.Join(cache, "tiny-"+key)
	if err := os.MkdirAll(filepath.Join(place, "half", "go-build1"), 0o700); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var lines []string
	say := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, line)
	}
	groups := 0
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			path, err := p.build(t.Context(), dir, cache, say, func(int) { groups++ }) // guarded by the lock of the build
			if err != nil || path != filepath.Join(place, "tiny") {
				t.Errorf("built %s: %v", path, err)
			}
		})
	}
	all.Wait()
	if built := strings.Count(strings.Join(lines, "\n"), "built in"); built != 1 || groups != 1 {
		t.Errorf("built %d times by %d compilers: %q", built, groups, lines)
	}
	if out, err := exec.Command(filepath.Join(place, "tiny")).CombinedOutput(); string(out) != "42\n" {
		t.Errorf("it prints %q (%v)", out, err)
	}
	if page, err := os.ReadFile(filepath.Join(place, "page", "index.html")); string(page) != "hello" {
		t.Errorf("its page is %q (%v)", page, err)
	}
	if _, err := os.Stat(filepath.Join(place, "half")); err == nil {
		t.Error("what was half built is there")
	}
	changed := p
	changed.Tags = "other"
	if other, _ := changed.key(dir); other == key {
		t.Error("with other tags it is the same program")
	}
	for _, file := range []string{"main.go", "go.mod", "go.sum"} {
		before, _ := p.key(dir)
		if err := os.WriteFile(filepath.Join(dir, file), []byte("another "+file), 0o600); err != nil {
			t.Fatal(err)
		}
		if after, err := p.key(dir); after == before || err != nil {
			t.Errorf("with another %s it is the same program (%v)", file, err)
		}
	}
}

func TestBuildFails(t *testing.T) {
	p, dir := module(t, "undefined()")
	cache := t.TempDir()
	_, err := p.build(t.Context(), dir, cache, func(string) {}, func(int) {})
	if err == nil || !strings.HasPrefix(err.Error(), "building tiny: exit status 1") || !strings.Contains(err.Error(), "undefined: undefined") {
		t.Errorf("the error is %v", err)
	}
	t.Setenv("CC", "/nowhere/cc -O2")
	p.C = true
	if _, err = p.build(t.Context(), dir, cache, func(string) {}, func(int) {}); err == nil || !strings.Contains(err.Error(), "building tiny needs a C compiler: apt-get install gcc") {
		t.Errorf("without a C compiler the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.C = false
	began := time.Now()
	_, err = p.build(ctx, dir, cache, func(string) {}, func(int) { cancel() })
	if err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("a build that was called off: %v after %s", err, time.Since(began))
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "*", "half")); len(left) > 0 {
		t.Errorf("left is %q", left)
	}
}

// TestProgress: what go build -v says is counted, and what it complains of is
// kept.
func TestProgress(t *testing.T) {
	p := progress{began: time.Now()}
	for _, line := range []string{
		"go: downloading github.com/a/b v1.2.3", "internal/cpu", "github.com/a/b", "# github.com/a/c",
		"c.go:1:2: undefined: d", "go: updates to go.mod needed",
	} {
		p.take(line)
	}
	if got := p.String(); !strings.HasSuffix(got, "0 s, 1 modules fetched, 2 packages compiled, the last was github.com/a/b") {
		t.Errorf("it says %q", got)
	}
	if len(p.other) != 3 {
		t.Errorf("kept is %q", p.other)
	}
}

// TestAll: each program has a module with sums, and no two have the same name.
func TestAll(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range All {
		for _, file := range []string{"go.mod", "go.sum"} {
			if _, err := os.Stat(filepath.Join("..", "services", p.Name, file)); err != nil {
				t.Error(err)
			}
		}
		if seen[p.Name] {
			t.Errorf("there are two programs %s", p.Name)
		}
		seen[p.Name] = true
		if !strings.Contains(p.Flags, p.Version) {
			t.Errorf("%s is not told that it is %s: %s", p.Name, p.Version, p.Flags)
		}
	}
}
