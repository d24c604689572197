package keyring

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/testbed"
)

// home is a scratch home. Whatever has it in its environment ends with the test.
type home struct {
	t   *testing.T
	dir string
	env []string
}

func newHome(t *testing.T) *home {
	t.Helper()
	dir, err := os.MkdirTemp("", "lk-") // short: gpg-agent and dbus put sockets there
	if err != nil {
		t.Fatal(err)
	}
	homes.Lock() // and never unlocked once the tests are being ended
	homes.all = append(homes.all, dir)
	homes.Unlock()
	h := &home{t: t, dir: dir, env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "XDG_RUNTIME_DIR=" + dir + "/run", "XDG_DATA_HOME=" + dir + "/data", "XDG_CACHE_HOME=" + dir + "/cache", "LC_ALL=C.UTF-8"}}
	for _, name := range []string{"run", "data/keyrings", "cache", "state"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, pid := range processes(dir) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		testbed.Eventually(t, "no process of "+dir+" is left", func() bool { return len(processes(dir)) == 0 })
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return h
}

// homes are all that were made.
var homes struct {
	sync.Mutex
	all []string
}

// endHomes is for ^C, when no test cleans up.
func endHomes() {
	homes.Lock()
	for _, dir := range homes.all {
		for _, pid := range processes(dir) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		os.RemoveAll(dir)
	}
}

// processes are those that have this home.
func processes(dir string) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is good
	for _, file := range files {
		env, err := os.ReadFile(file)
		if err != nil {
			continue // ended meanwhile, or another user's
		}
		for variable := range bytes.SplitSeq(env, []byte{0}) {
			if string(variable) == "HOME="+dir {
				pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
				pids = append(pids, pid)
				break
			}
		}
	}
	return pids
}

func commandLine(pid int) string {
	raw, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return strings.TrimSpace(strings.ReplaceAll(string(raw), "\x00", " "))
}

// client is one with this home, which has more in its environment.
func (h *home) client(change func(*core.Options), env ...string) *core.Client {
	opts := core.Options{Program: program, Env: append(append([]string{}, h.env...), env...), State: filepath.Join(h.dir, "state"), Timeout: 20 * time.Second}
	if change != nil {
		change(&opts)
	}
	return core.New(opts)
}

// exercise does with a keyring all that loom secret does.
func exercise(t *testing.T, c *core.Client, backend core.Backend, longest int) {
	t.Helper()
	ctx := t.Context()
	if _, err := c.Get(ctx, "token"); !errors.Is(err, secret.ErrNotFound) {
		t.Fatalf("before: %v", err)
	}
	for _, value := range []string{
		"short", "two\nlines\n", "ünïcode — 鍵 🔑", ` "quotes" and \ $(date) `, "\x00\x01\xff", strings.Repeat("0123456789abcdef", longest/16), "last",
	} {
		item, err := c.Set(ctx, "token", secret.NewValue(value))
		if err != nil || item.Backend != backend {
			t.Fatalf("Set of %.20q: %+v, %v", value, item, err)
		}
		if got, err := c.Get(ctx, "token"); err != nil || got.Reveal() != value {
			t.Errorf("Get: %.60q, %v, want %.60q", got.Reveal(), err, value)
		}
	}
	if _, err := c.Set(ctx, "a.B_c-1", secret.NewValue("other")); err != nil {
		t.Fatal(err)
	}
	all, err := c.GetAll(ctx, []string{"token", "a.B_c-1", "absent"})
	if err != nil || len(all) != 2 || all["token"].Reveal() != "last" || all["a.B_c-1"].Reveal() != "other" {
		t.Errorf("GetAll: %d values, %v", len(all), err)
	}
	if at, names, err := c.Names(ctx, backend); err != nil || at != backend || strings.Join(names, " ") != "a.B_c-1 token" {
		t.Errorf("Names: %s %q, %v", at, names, err)
	}
	// As loom secret rename does it: the new one is there before the old one goes.
	if _, err := c.Set(ctx, "renamed", all["token"]); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(ctx, "token"); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(ctx, "token"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("Delete again: %v", err)
	}
	if _, err := c.Get(ctx, "token"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("after: %v", err)
	}
	if got, err := c.Get(ctx, "renamed"); err != nil || got.Reveal() != "last" {
		t.Errorf("renamed: %q, %v", got.Reveal(), err)
	}
	if _, names, err := c.Names(ctx, backend); err != nil || strings.Join(names, " ") != "a.B_c-1 renamed" {
		t.Errorf("Names: %q, %v", names, err)
	}
}

// wantCode is a typed error that came in time.
func wantCode(t *testing.T, began time.Time, limit time.Duration, err error, codes ...core.Code) {
	t.Helper()
	var e *core.Error
	if !errors.As(err, &e) || errors.Is(err, secret.ErrNotFound) {
		t.Fatalf("got %v, want %v", err, codes)
	}
	ok := false
	for _, code := range codes {
		ok = ok || e.Code == code
	}
	if !ok || e.Hint == "" {
		t.Errorf("got %s (%v), want %v and a hint", e.Code, err, codes)
	}
	if took := time.Since(began); took > limit {
		t.Errorf("%s took %v, want at most %v", e.Code, took, limit)
	}
}

func probed(t *testing.T, c *core.Client, backend core.Backend) core.Probe {
	t.Helper()
	probes, err := c.Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range probes {
		if p.Backend == backend {
			return p
		}
	}
	t.Fatalf("no probe of %s in %+v", backend, probes)
	return core.Probe{}
}
