package keyring_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/keyring/keyringtest"
	"github.com/loom-core/loom/core/secret"
)

func TestMain(m *testing.M) {
	keyringtest.Main()
	os.Exit(m.Run())
}

func client(f *keyringtest.Fake, change ...func(*keyring.Options)) *keyring.Client {
	opts := f.Options()
	for _, c := range change {
		c(&opts)
	}
	return keyring.New(opts)
}

func set(t *testing.T, c *keyring.Client, name, value string) keyring.Item {
	t.Helper()
	item, err := c.Set(t.Context(), name, secret.NewValue(value))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func wantValue(t *testing.T, c *keyring.Client, name, want string) {
	t.Helper()
	if got, err := c.Get(t.Context(), name); err != nil || got.Reveal() != want {
		t.Errorf("Get(%s) = %.40q, %v, want %.40q", name, got.Reveal(), err, want)
	}
}

// wantCode is the typed error, and never taken for absence.
func wantCode(t *testing.T, err error, code keyring.Code, parts ...string) {
	t.Helper()
	var e *keyring.Error
	if !errors.As(err, &e) || e.Code != code || errors.Is(err, secret.ErrNotFound) {
		t.Fatalf("got %v, want %s", err, code)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
}

// limit is short where it will be reached.
func limit(state keyringtest.State) time.Duration {
	if state == keyringtest.Hangs {
		return 200 * time.Millisecond
	}
	return 0
}

func TestRoundTrip(t *testing.T) {
	f := keyringtest.New(t, keyring.SecretService)
	c := client(f)
	if _, err := c.Get(t.Context(), "a"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	if err := c.Delete(t.Context(), "a"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("Delete before: %v", err)
	}
	value := "line\nline — ünïcode \x01 " + strings.Repeat("x", 64<<10)
	if item := set(t, c, "a", value); item.Backend != keyring.SecretService || time.Since(item.Set) > time.Minute {
		t.Errorf("Set says %+v", item)
	}
	wantValue(t, c, "a", value)
	set(t, c, "a", "second")
	set(t, c, "b.c_D-1", "other")
	wantValue(t, c, "a", "second")
	items, err := c.List()
	if err != nil || len(items) != 2 || items[0].Name != "a" || items[1].Name != "b.c_D-1" {
		t.Errorf("List = %+v, %v", items, err)
	}
	all, err := c.GetAll(t.Context(), []string{"a", "b.c_D-1", "nobody"})
	if err != nil || len(all) != 2 || all["a"].Reveal() != "second" || all["b.c_D-1"].Reveal() != "other" {
		t.Errorf("GetAll = %v, %v", all, err)
	}
	if err := c.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), "a"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("after: %v", err)
	}
	if backend, names, err := c.Names(t.Context(), ""); err != nil || backend != keyring.SecretService || !cmp.Equal(names, []string{"b.c_D-1"}) {
		t.Errorf("Names = %s, %v, %v", backend, names, err)
	}
}

// TestIndexHoldsNoValue: nor does anything else beside it, and only the user reads it.
func TestIndexHoldsNoValue(t *testing.T) {
	f := keyringtest.New(t, keyring.SecretService)
	set(t, client(f), "token", "c4n4ry-c4n4ry")
	err := filepath.WalkDir(f.Options().State, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if strings.Contains(string(raw), "c4n4ry") {
			t.Errorf("%s holds the value", path)
		}
		if fi, _ := d.Info(); fi.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, fi.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestIndexDecides: a secret is read from where it was put, and a process for
// each backend reads all.
func TestIndexDecides(t *testing.T) {
	f := keyringtest.New(t, keyring.Pass)
	c := client(f)
	set(t, c, "old", "1")
	f.Change(func(w *keyringtest.World) { w.States[keyring.SecretService] = keyringtest.Works })
	set(t, c, "new", "2")
	set(t, c, "old", "3")
	before := len(f.Calls())
	all, err := c.GetAll(t.Context(), []string{"old", "new"})
	if err != nil || all["old"].Reveal() != "3" || all["new"].Reveal() != "2" {
		t.Errorf("GetAll = %v, %v", all, err)
	}
	if calls := f.Calls()[before:]; len(calls) != 2 {
		t.Errorf("it ran %q", calls)
	}
	want := map[keyring.Backend]map[string]string{keyring.Pass: {"old": "3"}, keyring.SecretService: {"new": "2"}}
	if diff := cmp.Diff(want, f.World().Values); diff != "" {
		t.Error(diff)
	}
}

// TestMove: a backend that somebody names gets the secret, and the older value goes.
func TestMove(t *testing.T) {
	f := keyringtest.New(t, keyring.Pass)
	set(t, client(f), "a", "1")
	f.Change(func(w *keyringtest.World) { w.States[keyring.KWallet] = keyringtest.Works })
	chosen := client(f, func(o *keyring.Options) { o.Backend = keyring.KWallet })
	wantValue(t, chosen, "a", "1") // it is read from where it is, whatever is chosen
	if item := set(t, chosen, "a", "2"); item.Backend != keyring.KWallet || item.Left != "" {
		t.Errorf("Set says %+v", item)
	}
	wantValue(t, client(f), "a", "2")
	if w := f.World(); len(w.Values[keyring.Pass]) != 0 {
		t.Errorf("pass still has %v", w.Values[keyring.Pass])
	}

	f.Change(func(w *keyringtest.World) { w.States[keyring.KWallet] = keyringtest.Locked })
	back := client(f, func(o *keyring.Options) { o.Backend = keyring.Pass })
	if item := set(t, back, "a", "3"); item.Backend != keyring.Pass || item.Left != keyring.KWallet {
		t.Errorf("Set away from a locked one says %+v", item)
	}
	wantValue(t, client(f), "a", "3")
}

// TestSetCutShort: a process that dies, or is killed, in the middle of a move
// leaves the old value readable.
func TestSetCutShort(t *testing.T) {
	for _, state := range []keyringtest.State{keyringtest.Breaks, keyringtest.Hangs, keyringtest.Locked, keyringtest.Full, keyringtest.Absent} {
		f := keyringtest.New(t, keyring.Pass)
		set(t, client(f), "a", "1")
		f.Change(func(w *keyringtest.World) { w.States[keyring.KWallet] = state })
		c := client(f, func(o *keyring.Options) { o.Backend, o.Timeout = keyring.KWallet, limit(state) })
		if _, err := c.Set(t.Context(), "a", secret.NewValue("2")); err == nil {
			t.Errorf("%s: no error", state)
		}
		f.Change(func(w *keyringtest.World) { w.States[keyring.KWallet] = keyringtest.Works })
		wantValue(t, client(f), "a", "1")
		if items, err := client(f).List(); err != nil || len(items) != 1 {
			t.Errorf("%s: List = %v, %v", state, items, err)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		state keyringtest.State
		code  keyring.Code
		parts []string
	}{
		{keyringtest.Locked, keyring.CodeLocked, []string{"secret-service", "secret a", "hint: unlock the desktop's keyring"}},
		{keyringtest.Absent, keyring.CodeUnavailable, []string{"loom secret doctor"}},
		{keyringtest.Breaks, keyring.CodeFailed, []string{"exit status 2", "the fake breaks"}},
		{keyringtest.Hangs, keyring.CodeTimeout, []string{"no answer in 200ms", "hint: unlock"}},
	} {
		f := keyringtest.New(t, keyring.SecretService)
		c := client(f, func(o *keyring.Options) { o.Timeout = limit(tc.state); o.Backend = keyring.SecretService })
		f.Change(func(w *keyringtest.World) { w.States[keyring.SecretService] = tc.state })
		_, err := c.Get(t.Context(), "a")
		wantCode(t, err, tc.code, tc.parts...)
		_, err = c.Set(t.Context(), "a", secret.NewValue("c4n4ry"))
		wantCode(t, err, tc.code, tc.parts...)
		if strings.Contains(err.Error(), "c4n4ry") {
			t.Errorf("the value is in %q", err)
		}
		if tc.code == keyring.CodeLocked || tc.code == keyring.CodeUnavailable {
			if items, err := c.List(); len(items) != 0 || err != nil {
				t.Errorf("%s: a value that was refused is in the index: %v, %v", tc.state, items, err)
			}
		}
	}
}

func TestFull(t *testing.T) {
	f := keyringtest.New(t, keyring.SecretService)
	c := client(f)
	set(t, c, "a", "1")
	f.Change(func(w *keyringtest.World) { w.States[keyring.SecretService] = keyringtest.Full })
	_, err := c.Set(t.Context(), "a", secret.NewValue("2"))
	wantCode(t, err, keyring.CodeFull, "no space", "free some space")
	wantValue(t, c, "a", "1")
}

func TestNoProgram(t *testing.T) {
	f := keyringtest.New(t, keyring.SecretService)
	for _, program := range []string{"/nowhere/loom-keyring", "loom-keyring-that-is-not-on-the-path", "/etc/hosts"} {
		_, err := client(f, func(o *keyring.Options) { o.Program = program }).Get(t.Context(), "a")
		wantCode(t, err, keyring.CodeUnavailable, "make install")
	}
}

// TestNoBackend: nothing can hold a name that the index does not know; a new
// value is refused with the way out.
func TestNoBackend(t *testing.T) {
	f := keyringtest.New(t, keyring.SecretService)
	c := client(f)
	set(t, c, "known", "1")
	f.Change(func(w *keyringtest.World) { clear(w.States) })
	if _, err := c.Get(t.Context(), "a"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("Get: %v", err)
	}
	if err := c.Delete(t.Context(), "a"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("Delete: %v", err)
	}
	_, err := c.Get(t.Context(), "known")
	wantCode(t, err, keyring.CodeUnavailable, "secret-service")
	_, err = c.Set(t.Context(), "a", secret.NewValue("1"))
	wantCode(t, err, keyring.CodeNoBackend, "--backend file")
}

// TestAllButOne: one keyring that is locked does not keep back what the others gave.
func TestAllButOne(t *testing.T) {
	f := keyringtest.New(t, keyring.Pass)
	set(t, client(f), "a", "1")
	f.Change(func(w *keyringtest.World) { w.States[keyring.SecretService] = keyringtest.Works })
	set(t, client(f), "b", "2")
	f.Change(func(w *keyringtest.World) { w.States[keyring.SecretService] = keyringtest.Locked })
	all, err := client(f).GetAll(t.Context(), []string{"a", "b"})
	wantCode(t, err, keyring.CodeLocked)
	if len(all) != 1 || all["a"].Reveal() != "1" {
		t.Errorf("got %v", all)
	}
}

func TestFile(t *testing.T) {
	f := keyringtest.New(t, keyring.File)
	file := func(o *keyring.Options) { o.Backend = keyring.File }
	_, err := client(f, file).Set(t.Context(), "a", secret.NewValue("1"))
	wantCode(t, err, keyring.CodeLocked, "not set up")
	if err := client(f).Unlock(t.Context(), secret.NewValue("pw"), false); err == nil {
		t.Error("it was unlocked before it was set up")
	}
	if err := client(f).Unlock(t.Context(), secret.NewValue("pw"), true); err != nil {
		t.Fatal(err)
	}
	wantCode(t, client(f).Unlock(t.Context(), secret.NewValue("no"), true), keyring.CodePassphrase, "loom unlock")

	knows := func(text string) func(*keyring.Options) {
		return func(o *keyring.Options) { o.Passphrase = keyringtest.Passphrase(text) }
	}
	set(t, client(f, knows("pw")), "a", "1") // chosen by itself, now that it is set up
	wantValue(t, client(f, knows("pw")), "a", "1")
	_, err = client(f).Get(t.Context(), "a")
	wantCode(t, err, keyring.CodeLocked, "hint: loom unlock")
	_, err = client(f, knows("no")).Get(t.Context(), "a")
	wantCode(t, err, keyring.CodePassphrase, "loom unlock")
	_, err = client(f, func(o *keyring.Options) {
		o.Passphrase = func(context.Context) (secret.Value, error) { return secret.Value{}, errors.New("nobody is there") }
	}).Get(t.Context(), "a")
	wantCode(t, err, keyring.CodeLocked, "nobody is there")
	if _, err := client(f).Get(t.Context(), "absent"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("what is not there needs no passphrase: %v", err)
	}
}

func TestRefuses(t *testing.T) {
	f := keyringtest.New(t, keyring.SecretService)
	c := client(f)
	for _, name := range []string{"", "../a", "a/b", "-a", ".a", "a b", "a\n", strings.Repeat("a", 129)} {
		_, err := c.Set(t.Context(), name, secret.NewValue("1"))
		wantCode(t, err, keyring.CodeBadRequest, "not a name")
		_, err = c.Get(t.Context(), name)
		wantCode(t, err, keyring.CodeBadRequest)
		wantCode(t, c.Delete(t.Context(), name), keyring.CodeBadRequest)
	}
	_, err := c.Set(t.Context(), "a", secret.NewValue(""))
	wantCode(t, err, keyring.CodeBadRequest, "empty")
	_, err = c.Set(t.Context(), "a", secret.NewValue(strings.Repeat("x", keyring.MaxValue+1)))
	wantCode(t, err, keyring.CodeBadRequest, "at most")
	set(t, c, "a", strings.Repeat("\xff", keyring.MaxValue)) // bytes, and the longest
	wantValue(t, c, "a", strings.Repeat("\xff", keyring.MaxValue))
}

// TestTwoWriters: no name is lost when many write at once.
func TestTwoWriters(t *testing.T) {
	f := keyringtest.New(t, keyring.SecretService)
	var wg sync.WaitGroup
	names := []string{"a", "b", "c", "d", "e", "f"}
	for _, name := range names {
		wg.Go(func() {
			if _, err := client(f).Set(t.Context(), name, secret.NewValue(name)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	items, err := client(f).List()
	if err != nil || len(items) != len(names) {
		t.Errorf("List = %v, %v", items, err)
	}
}

// TestCancelled: a caller that gives up gets its own error, and in time.
func TestCancelled(t *testing.T) {
	f := keyringtest.New(t, keyring.SecretService)
	f.Change(func(w *keyringtest.World) { w.States[keyring.SecretService] = keyringtest.Hangs })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := client(f).Get(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestProbe(t *testing.T) {
	f := keyringtest.New(t, keyring.Pass)
	f.Change(func(w *keyringtest.World) { w.States[keyring.SecretService] = keyringtest.Locked })
	probes, err := client(f).Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []keyring.Backend
	for _, p := range probes {
		got = append(got, p.Backend)
		if p.Automatic != (p.Backend == keyring.SecretService) || p.Locked != (p.Backend == keyring.SecretService) {
			t.Errorf("%+v: a locked one stays the automatic one", p)
		}
	}
	if diff := cmp.Diff(keyring.Known, got); diff != "" {
		t.Error(diff)
	}
}
