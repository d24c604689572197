package keyring

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// store makes a password store under a key that has this passphrase, and
// returns the environment that names it.
func store(t *testing.T, h *home, passphrase string) []string {
	t.Helper()
	env := []string{"GNUPGHOME=" + h.dir + "/gpg", "PASSWORD_STORE_DIR=" + h.dir + "/store"}
	if err := os.Mkdir(filepath.Join(h.dir, "gpg"), 0o700); err != nil {
		t.Fatal(err)
	}
	command := func(name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Env = append(append([]string{}, h.env...), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	// The agent keeps passphrases; it is ended as gpg ends it, and the home kills
	// what is left.
	t.Cleanup(func() { command("gpgconf", "--kill", "all") })
	command("gpg", "--batch", "--quiet", "--passphrase", passphrase, "--pinentry-mode", "loopback", "--quick-generate-key", "loom-test <loom@test.invalid>", "default", "default", "never")
	command("pass", "init", "loom@test.invalid")
	if passphrase != "" {
		command("gpgconf", "--kill", "gpg-agent") // it forgets
	}
	return env
}

func TestPass(t *testing.T) {
	needs(t, "pass", "gpg")
	h := newHome(t)
	env := store(t, h, "")
	c := h.client(nil, env...)
	if p := probed(t, c, core.Pass); !p.Available || !p.Automatic {
		t.Errorf("probe says %+v", p)
	}
	exercise(t, c, core.Pass, 64<<10)
	left, err := filepath.Glob(filepath.Join(h.dir, "store", "loom", ".new-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// TestPassLocked: the key has a passphrase and nobody can type it. Writing needs
// none; reading is a typed error.
func TestPassLocked(t *testing.T) {
	needs(t, "pass", "gpg")
	h := newHome(t)
	env := store(t, h, "of the key")
	c := h.client(func(o *core.Options) { o.Timeout = 10 * time.Second }, env...)
	if item, err := c.Set(t.Context(), "token", secret.NewValue("c4n4ry")); err != nil || item.Backend != core.Pass {
		t.Fatalf("%+v, %v", item, err)
	}
	began := time.Now()
	_, err := c.Get(t.Context(), "token")
	wantCode(t, began, 12*time.Second, err, core.CodeLocked)
	if strings.Contains(err.Error(), "c4n4ry") {
		t.Errorf("the value is in %q", err)
	}
}

// TestPassBroken: a store whose key is gone.
func TestPassBroken(t *testing.T) {
	needs(t, "pass", "gpg")
	h := newHome(t)
	env := store(t, h, "")
	c := h.client(nil, env...)
	if _, err := c.Set(t.Context(), "token", secret.NewValue("first")); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	empty := filepath.Join(h.dir, "cache")
	if err := os.WriteFile(filepath.Join(empty, "gpg.conf"), []byte("no-auto-key-locate\n"), 0o600); err != nil { // else it looks on the network
		t.Fatal(err)
	}
	other := h.client(nil, "GNUPGHOME="+empty, env[1])
	_, err := other.Set(t.Context(), "token", secret.NewValue("second"))
	wantCode(t, began, soon, err, core.CodeUnavailable)
	_, err = other.Get(t.Context(), "token")
	wantCode(t, began, 2*soon, err, core.CodeUnavailable)
	if got, err := c.Get(t.Context(), "token"); err != nil || got.Reveal() != "first" {
		t.Errorf("the value before: %q, %v", got.Reveal(), err)
	}
}
