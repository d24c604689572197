package pool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/vault"
	"github.com/loom-core/loom/registry"
)

// slowVault hangs for the secret "locked", and knows which names came together.
type slowVault struct {
	mu    sync.Mutex
	asked []string
	hung  chan struct{} // one for each that hangs
}

func (v *slowVault) Fetch(ctx context.Context, refs []secret.Ref) (secret.Store, error) {
	var names []string
	for _, ref := range refs {
		names = append(names, ref.Name)
	}
	v.mu.Lock()
	v.asked = append(v.asked, strings.Join(names, " "))
	v.mu.Unlock()
	switch names[0] {
	case "hangs":
		v.hung <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	case "locked":
		return nil, &keyring.Error{Op: keyring.OpGet, Code: keyring.CodeLocked, Message: "it is locked"}
	}
	return secret.Memory{"a": secret.NewValue("value of a"), "b": secret.NewValue("value of b")}, nil
}

func needs(t *testing.T, name string, env ...registry.EnvVar) registry.Server {
	return fake(t, func(s *registry.Server) { s.Name, s.Env = registry.ServerName(name), env })
}

// More servers than may start at once wait for a keyring that hangs, and one that
// needs nothing of it starts.
func TestKeyringHoldsUpNobodyElse(t *testing.T) {
	p, _ := newPool(t)
	v := &slowVault{hung: make(chan struct{})}
	p.opts.Vault = v
	var waiting []chan result
	for n := range maxStarts + 1 {
		_, out := send(p.Instance(needs(t, fmt.Sprint("s", n), registry.EnvVar{Name: "T", Value: "${secret:hangs}"}), Sharing{}), "pid", "{}")
		waiting = append(waiting, out)
		<-v.hung
	}
	text(t, p.Instance(needs(t, "free"), Sharing{}), "pid", "{}")
	p.cancel() // as Close does
	for _, out := range waiting {
		if r := <-out; !errors.Is(r.err, ErrRetired) {
			t.Errorf("what waited ended with %v", r.err)
		}
	}
}

// All secrets of a server are asked for at once, and none for a server without.
func TestSecretsAtOnce(t *testing.T) {
	p, _ := newPool(t)
	v := &slowVault{}
	p.opts.Vault = v
	i := p.Instance(needs(t, "one", registry.EnvVar{Name: "B", Value: "${secret:b}-${secret:a}"}, registry.EnvVar{Name: "A", Value: "${secret:a}"}, registry.EnvVar{Name: "C", Value: "x${secret:c?}"}), Sharing{})
	if got := text(t, i, "env", `{"name":"B"}`); got != "value of b-value of a true" {
		t.Errorf("B is %q", got)
	}
	if got := text(t, i, "env", `{"name":"C"}`); got != " false" {
		t.Errorf("C is %q", got)
	}
	text(t, p.Instance(needs(t, "two"), Sharing{}), "pid", "{}")
	if len(v.asked) != 1 || v.asked[0] != "a b c" {
		t.Errorf("asked for %q", v.asked)
	}
}

// A locked keyring is not held against the server: whoever unlocks it wants the
// next call to work.
func TestLockedIsNotTheServersFault(t *testing.T) {
	p, _ := newPool(t)
	p.opts.Vault = &slowVault{}
	i := p.Instance(needs(t, "one", registry.EnvVar{Name: "T", Value: "${secret:locked}"}), Sharing{})
	for range breakAfter + 2 {
		_, out := send(i, "pid", "{}")
		var locked *keyring.Error
		if r := <-out; !errors.As(r.err, &locked) {
			t.Fatalf("got %v", r.err)
		}
	}
}

// A file with a secret goes with its process, also when that does not start.
func TestSecretFilesEnd(t *testing.T) {
	p, _ := newPool(t)
	root := t.TempDir() + "/files"
	files, err := vault.OpenFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	p.opts.Vault, p.opts.Files = &slowVault{}, files
	left := func() int {
		entries, _ := os.ReadDir(root) // not there: none
		return len(entries)
	}
	failing := needs(t, "fails", registry.EnvVar{Name: "F", Value: "${secretfile:a}"})
	failing.Args = []string{"-fail=no"}
	var exit *child.ExitError
	if err := p.Instance(failing, Sharing{}).Learn(t.Context()); !errors.As(err, &exit) || left() != 0 {
		t.Errorf("after a failed start: %v, %d left", err, left())
	}
	missing := needs(t, "missing", registry.EnvVar{Name: "F", Value: "${secretfile:a}"}, registry.EnvVar{Name: "G", Value: "${secret:none}"})
	if err := p.Instance(missing, Sharing{}).Learn(t.Context()); !errors.Is(err, secret.ErrNotFound) || left() != 0 {
		t.Errorf("with a secret missing: %v, %d left", err, left())
	}
	// A server that is started twice, since it ends at the question for its era, has its file both times.
	twice := needs(t, "twice", registry.EnvVar{Name: "F", Value: "${secretfile:a}"})
	twice.Args = []string{"-era=exit"}
	path, _, _ := strings.Cut(text(t, p.Instance(twice, Sharing{}), "env", `{"name":"F"}`), " ")
	if raw, err := os.ReadFile(path); err != nil || string(raw) != "value of a" {
		t.Errorf("the file holds %q, %v", raw, err)
	}
	p.Restart("twice")
	p.cancel()
	p.work.Wait()
	if left() != 0 {
		t.Errorf("%d left at the end", left())
	}
}
