package keyring

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/testbed/fault"
)

// knows is a client of the file backend with a passphrase.
func knows(h *home, passphrase string) *core.Client {
	return h.client(func(o *core.Options) {
		o.Passphrase = func(context.Context) (secret.Value, error) { return secret.NewValue(passphrase), nil }
	})
}

// TestFile: once it was set up it is the keyring of a machine that has no other.
func TestFile(t *testing.T) {
	needs(t)
	h := newHome(t)
	c := knows(h, "correct horse")
	began := time.Now()
	_, err := c.Set(t.Context(), "token", secret.NewValue("c4n4ry"))
	wantCode(t, began, soon, err, core.CodeNoBackend)
	if err := c.Unlock(t.Context(), secret.NewValue("correct horse"), true); err != nil {
		t.Fatal(err)
	}
	exercise(t, c, core.File, core.MaxValue)
	if _, err := c.Set(t.Context(), "canary", secret.NewValue("c4n4ry-in-the-file")); err != nil {
		t.Fatal(err)
	}
	_, err = knows(h, "wrong").Get(t.Context(), "renamed")
	wantCode(t, began, soon, err, core.CodePassphrase)
	_, err = knows(h, "wrong").Set(t.Context(), "renamed", secret.NewValue("c4n4ry"))
	wantCode(t, began, soon, err, core.CodePassphrase)
	_, err = h.client(nil).Get(t.Context(), "renamed")
	wantCode(t, began, soon, err, core.CodeLocked)
	err = filepath.WalkDir(h.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, plain := range []string{"c4n4ry-in-the-file", "correct horse"} {
			if bytes.Contains(raw, []byte(plain)) {
				t.Errorf("%s holds %q", path, plain)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// full is a home whose state is on a disk of 1 MiB.
func full(t *testing.T) (*home, *fault.Disk) {
	t.Helper()
	h := newHome(t)
	for _, name := range []string{"state", "store"} {
		if err := os.MkdirAll(filepath.Join(h.dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return h, fault.SmallDisk(t, filepath.Join(h.dir, "state"), 1<<20)
}

// TestFileFull: a value that finds no room is refused, and the one before stays.
func TestFileFull(t *testing.T) {
	needs(t)
	h, disk := full(t)
	c := knows(h, "correct horse")
	if err := c.Unlock(t.Context(), secret.NewValue("correct horse"), true); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Set(t.Context(), "token", secret.NewValue("first")); err != nil {
		t.Fatal(err)
	}
	for _, left := range []int64{0, 4 << 10, 16 << 10} { // the index, too, has to be written
		disk.Fill(left)
		began := time.Now()
		_, err := c.Set(t.Context(), "token", secret.NewValue(strings.Repeat("x", 64<<10)))
		wantCode(t, began, soon, err, core.CodeFull)
		_, err = c.Set(t.Context(), "new", secret.NewValue(strings.Repeat("x", 64<<10)))
		wantCode(t, began, soon, err, core.CodeFull)
		if got, err := c.Get(t.Context(), "token"); err != nil || got.Reveal() != "first" {
			t.Errorf("with %d bytes left: %q, %v", left, got.Reveal(), err)
		}
		disk.Free()
	}
	if items, err := c.List(); err != nil || len(items) != 1 {
		t.Errorf("the index has %+v, %v", items, err)
	}
	if _, err := c.Set(t.Context(), "token", secret.NewValue("second")); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// TestPassFull: the same of pass, which alone would lose the value before.
func TestPassFull(t *testing.T) {
	needs(t, "pass", "gpg")
	h, disk := full(t)
	env := store(t, h, "")
	env[1] = "PASSWORD_STORE_DIR=" + filepath.Join(h.dir, "state", "store") // on the small disk
	if err := os.Rename(filepath.Join(h.dir, "store"), filepath.Join(h.dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(h.dir, "state", "store"), os.DirFS(filepath.Join(h.dir, "elsewhere"))); err != nil {
		t.Fatal(err)
	}
	c := h.client(nil, env...)
	if _, err := c.Set(t.Context(), "token", secret.NewValue("first")); err != nil {
		t.Fatal(err)
	}
	disk.Fill(8 << 10)
	began := time.Now()
	random := make([]byte, 64<<10) // pass compresses
	for i := range random {
		random[i] = byte(i * i >> 3 * 7)
	}
	_, err := c.Set(t.Context(), "token", secret.NewValue(string(random)))
	wantCode(t, began, soon, err, core.CodeFull)
	if got, err := c.Get(t.Context(), "token"); err != nil || got.Reveal() != "first" {
		t.Errorf("the value before: %q, %v", got.Reveal(), err)
	}
	disk.Free()
	if _, err := c.Set(t.Context(), "token", secret.NewValue("second")); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
