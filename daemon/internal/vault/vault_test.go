package vault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/redact"
	"github.com/loom-core/loom/registry"
)

// fakeRing is a keyring that counts, and hangs or fails when it is told to.
type fakeRing struct {
	mu     sync.Mutex
	values map[string]string
	items  []keyring.Item
	asked  []string      // names of each GetAll
	fail   error         // of GetAll
	unread error         // of List
	hang   chan struct{} // closed: go on; nil: does not hang
	pass   string        // the right passphrase
}

func (f *fakeRing) GetAll(ctx context.Context, names []string) (map[string]secret.Value, error) {
	f.mu.Lock()
	f.asked = append(f.asked, strings.Join(names, " "))
	hang, fail := f.hang, f.fail
	f.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if fail != nil {
		return nil, fail
	}
	out := map[string]secret.Value{}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range names {
		if text, ok := f.values[name]; ok {
			out[name] = secret.NewValue(text)
		}
	}
	return out, nil
}

func (f *fakeRing) Unlock(_ context.Context, passphrase secret.Value, create bool) error {
	if create || passphrase.Reveal() != f.pass {
		return &keyring.Error{Op: keyring.OpUnlock, Backend: keyring.File, Code: keyring.CodePassphrase, Message: "the passphrase is wrong"}
	}
	return nil
}

func (f *fakeRing) List() ([]keyring.Item, error) { return f.items, f.unread }

func (f *fakeRing) failWith(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

func (f *fakeRing) times() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.asked)
}

func newVault(f *fakeRing, env map[string]string) *Vault {
	return New(Options{
		Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }, Known: &redact.Set{}, Log: slog.New(slog.DiscardHandler),
		Open: func(keyring.Backend, func(context.Context) (secret.Value, error)) (Keyring, error) {
			if f == nil {
				return nil, errors.New("loom-keyring is not installed")
			}
			return f, nil
		},
	})
}

// refs are references; a ? makes one optional.
func refs(names ...string) (out []secret.Ref) {
	for _, name := range names {
		bare, optional := strings.CutSuffix(name, "?")
		out = append(out, secret.Ref{Kind: secret.Secret, Name: bare, Optional: optional})
	}
	return out
}

func get(t *testing.T, v *Vault, names ...string) map[string]string {
	t.Helper()
	store, err := v.Fetch(t.Context(), refs(names...))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		value, err := store.Get(t.Context(), name)
		switch {
		case err == nil:
			out[name] = value.Reveal()
		case !errors.Is(err, secret.ErrNotFound):
			t.Fatal(err)
		}
	}
	return out
}

func want(t *testing.T, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOrder(t *testing.T) {
	f := &fakeRing{values: map[string]string{"both": "of the ring", "ring": "only there"}}
	v := newVault(f, map[string]string{"LOOM_SECRET_BOTH": "of the environment", "LOOM_SECRET_ENV": "only here"})
	defer v.Close()
	want(t, get(t, v, "both", "env", "none", "ring"), map[string]string{"both": "of the environment", "env": "only here", "ring": "only there"})
	want(t, f.asked, []string{"none ring"}) // at once, and not what the environment has
	for _, value := range []string{"of the environment", "only here", "only there"} {
		if !v.opts.Known.Shows(value) {
			t.Errorf("%q was handed out and is not masked", value)
		}
	}
	v = newVault(f, map[string]string{"LOOM_SECRET_RING": "x"})
	defer v.Close()
	get(t, v, "ring")
	want(t, f.times(), 1) // a container needs no keyring
}

func TestNoKeyringIsAbsence(t *testing.T) {
	v := newVault(nil, nil)
	defer v.Close()
	want(t, get(t, v, "x"), map[string]string{})
	want(t, v.State().Err, "loom-keyring is not installed")
	v = newVault(&fakeRing{fail: &keyring.Error{Code: keyring.CodeNoBackend}}, nil)
	defer v.Close()
	want(t, get(t, v, "x"), map[string]string{})
	for _, code := range []keyring.Code{keyring.CodeLocked, keyring.CodeUnavailable, keyring.CodePassphrase, keyring.CodeFailed, keyring.CodeTimeout} {
		f := &fakeRing{fail: &keyring.Error{Code: code}}
		v := newVault(f, nil)
		_, err := v.Fetch(t.Context(), refs("x"))
		var failed *keyring.Error
		if !errors.As(err, &failed) || failed.Code != code || errors.Is(err, secret.ErrNotFound) {
			t.Errorf("%s: %v", code, err)
		}
		want(t, v.State().Locked, code == keyring.CodeLocked || code == keyring.CodeTimeout)
		v.Close()
	}
}

func TestOnce(t *testing.T) {
	one := &keyring.Error{Backend: keyring.Pass, Name: "a", Code: keyring.CodeLocked, Message: "one"}
	again := &keyring.Error{Backend: keyring.Pass, Name: "b", Code: keyring.CodeLocked, Message: "again"}
	other := &keyring.Error{Backend: keyring.KWallet, Name: "c", Code: keyring.CodeLocked, Message: "other"}
	plain := errors.New("plain")
	for _, tc := range []struct{ in, want error }{
		{nil, nil}, {one, one}, {plain, plain},
		{errors.Join(one, again), one},
		{errors.Join(one, again, other, plain), errors.Join(one, other, plain)},
	} {
		want(t, once(tc.in), tc.want)
	}
}

// A storm of starts asks once in five seconds, and a locked keyring once in two.
func TestStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRing{values: map[string]string{"a": "1"}, hang: make(chan struct{})}
		v := newVault(f, nil)
		defer v.Close()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { want(t, get(t, v, "a", "b"), map[string]string{"a": "1"}) })
		}
		synctest.Wait()
		close(f.hang)
		all.Wait()
		want(t, f.times(), 1)
		time.Sleep(holdValues - 1)
		get(t, v, "a", "b")
		want(t, f.times(), 1)
		time.Sleep(2 * time.Nanosecond)
		f.failWith(&keyring.Error{Code: keyring.CodeLocked})
		for range 10 {
			if _, err := v.Fetch(t.Context(), refs("a", "b")); err == nil {
				t.Error("a locked keyring gave something")
			}
		}
		want(t, f.times(), 2)
		time.Sleep(holdErrors + 1)
		f.failWith(nil)
		get(t, v, "a", "b")
		want(t, f.times(), 3)
		time.Sleep(holdValues + 1)
		v.mu.Lock()
		defer v.mu.Unlock()
		want(t, len(v.asked), 0) // nothing is kept
	})
}

// A keyring that is locked keeps no server from starting for the sake of an
// optional secret that nobody ever stored; one that was stored is not taken for absent.
func TestNeverStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRing{values: map[string]string{"a": "1", "by-hand": "2", "stored": "3"}, items: []keyring.Item{{Name: "stored"}}}
		v := newVault(f, nil)
		defer v.Close()
		store, err := v.Fetch(t.Context(), refs("a", "by-hand?", "never?", "stored?"))
		if err != nil || len(store.(secret.Memory)) != 3 {
			t.Errorf("what works: %v, %v", store, err)
		}
		time.Sleep(holdValues + 1)
		f.failWith(&keyring.Error{Code: keyring.CodeLocked})
		for _, needed := range []string{"a", "stored?"} {
			if _, err := v.Fetch(t.Context(), refs(needed, "never?")); err == nil {
				t.Errorf("%s was taken for absent", needed)
			}
		}
		f.unread = errors.New("the index is broken")
		if _, err := v.Fetch(t.Context(), refs("other?")); err == nil {
			t.Error("without an index a secret was taken for absent")
		}
		f.unread, f.asked = nil, nil
		for range 10 {
			if store, err := v.Fetch(t.Context(), refs("never?")); err != nil || len(store.(secret.Memory)) != 0 {
				t.Errorf("never stored, and locked: %v, %v", store, err)
			}
			time.Sleep(holdErrors + 1)
		}
		want(t, f.times(), 0) // asked with the others, and not again for a minute
		time.Sleep(holdOptional)
	})
}

// Whoever needs another secret, or none, does not wait for a keyring that hangs.
func TestLockedHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRing{values: map[string]string{"a": "1", "b": "2"}, hang: make(chan struct{})}
		v := newVault(f, map[string]string{"LOOM_SECRET_ENV": "x"})
		late := make(chan error)
		go func() {
			_, err := v.Fetch(t.Context(), refs("a"))
			late <- err
		}()
		synctest.Wait()
		want(t, get(t, v, "env"), map[string]string{"env": "x"})
		f.mu.Lock()
		f.hang = nil
		f.mu.Unlock()
		want(t, get(t, v, "b"), map[string]string{"b": "2"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := v.Fetch(ctx, refs("a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who does not want to wait: %v", err)
		}
		v.Close() // ends what hangs
		if err := <-late; !errors.Is(err, context.Canceled) {
			t.Errorf("what hung: %v", err)
		}
	})
}

func TestForget(t *testing.T) {
	f := &fakeRing{values: map[string]string{"a": "old", "b": "2"}}
	v := newVault(f, nil)
	defer v.Close()
	get(t, v, "a", "b")
	get(t, v, "b")
	f.values["a"] = "new"
	want(t, get(t, v, "a", "b")["a"], "old") // within its moment
	v.Forget([]string{"a"})
	want(t, get(t, v, "a", "b")["a"], "new")
	get(t, v, "b")
	want(t, f.times(), 3) // b alone was not forgotten
	v.Use(keyring.Pass)
	get(t, v, "b")
	want(t, f.times(), 4)
	v.Use(keyring.Pass)
	get(t, v, "b")
	want(t, f.times(), 4)
}

func TestUnlock(t *testing.T) {
	f := &fakeRing{pass: "open sesame", items: []keyring.Item{{Name: "a", Backend: keyring.File}}, values: map[string]string{"a": "1"}}
	v := newVault(f, nil)
	defer v.Close()
	want(t, v.State(), State{Backend: keyring.File, Locked: true})
	if _, err := v.Passphrase(t.Context()); err == nil || !strings.Contains(err.Error(), "was not told") {
		t.Errorf("Passphrase: %v", err)
	}
	f.failWith(&keyring.Error{Code: keyring.CodeLocked, Backend: keyring.File})
	v.Fetch(t.Context(), refs("a"))
	if err := v.Unlock(t.Context(), secret.NewValue("wrong one")); err == nil {
		t.Error("a wrong passphrase was taken")
	}
	if _, err := v.Passphrase(t.Context()); err == nil {
		t.Error("a wrong passphrase was kept")
	}
	f.failWith(nil)
	if err := v.Unlock(t.Context(), secret.NewValue("open sesame")); err != nil {
		t.Fatal(err)
	}
	want(t, get(t, v, "a"), map[string]string{"a": "1"}) // at once: the error is not held
	want(t, v.State(), State{Backend: keyring.File})
	if p, err := v.Passphrase(t.Context()); err != nil || p.Reveal() != "open sesame" {
		t.Errorf("Passphrase: %v", err)
	}
	if !v.opts.Known.Shows("is it open sesame?") {
		t.Error("the passphrase is not masked")
	}
}

func TestFiles(t *testing.T) {
	root := filepath.Join(t.TempDir(), "files")
	if err := os.MkdirAll(filepath.Join(root, "left"), 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := OpenFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(root); !os.IsNotExist(err) {
		t.Errorf("what was left: %v", err)
	}
	one, two := files.Folder(), files.Folder()
	put := func(f *Folder, name, text string) string {
		t.Helper()
		path, err := f.Put(name, secret.NewValue(text))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		fi, _ := os.Stat(path)
		dir, _ := os.Stat(filepath.Dir(path))
		if string(raw) != text || fi.Mode().Perm() != 0o600 || dir.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v in %v", path, err, fi.Mode(), dir.Mode())
		}
		return path
	}
	ca := put(one, "ca", "certificate\n")
	if again := put(one, "ca", "certificate\n"); again != ca {
		t.Errorf("the same secret has two files: %s, %s", ca, again)
	}
	// Something is there by that name, as on a disk where CA and ca are one.
	if err := os.WriteFile(filepath.Join(filepath.Dir(ca), "CA"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if big := put(one, "CA", "another"); big == ca {
		t.Error("two secrets have one file")
	}
	other := put(two, "ca", "certificate\n")
	if other == ca {
		t.Error("two servers have one file")
	}
	if err := errors.Join(one.Remove(), one.Remove(), files.Folder().Remove()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(ca)); !os.IsNotExist(err) {
		t.Errorf("after Remove: %v", err)
	}
	put(two, "more", "x")
	if err := files.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(root); !os.IsNotExist(err) {
		t.Errorf("after Close: %v", err)
	}
}

// The registry spells the backends itself, since it may not import what starts programs.
func TestBackends(t *testing.T) {
	var known []string
	for _, b := range keyring.Known {
		known = append(known, string(b))
	}
	if !slices.Equal(known, registry.SecretBackends) {
		t.Errorf("the registry knows %v, there are %v", registry.SecretBackends, known)
	}
}
