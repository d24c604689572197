package keyring

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	core "github.com/loom-core/loom/core/keyring"
)

const right = "correct horse"

func store(t *testing.T) *fileRing {
	t.Helper()
	r := &fileRing{dir: filepath.Join(t.TempDir(), "secrets"), passphrase: right}
	if err := r.unlock(true); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *fileRing) with(passphrase string) *fileRing {
	return &fileRing{dir: r.dir, passphrase: passphrase}
}

func wantFailure(t *testing.T, err error, code core.Code, part string) {
	t.Helper()
	var f *failure
	if !errors.As(err, &f) || f.Code != code || !strings.Contains(f.Message, part) {
		t.Errorf("got %v, want %s with %q", err, code, part)
	}
}

func TestFileKeeps(t *testing.T) {
	r := store(t)
	if _, err := r.get("a"); err != errAbsent {
		t.Errorf("before: %v", err)
	}
	for _, value := range []string{"x", "two\nlines — ünïcode\n", "\x00\xff", strings.Repeat("long as it may be", core.MaxValue/17)} {
		if err := r.set("a", []byte(value)); err != nil {
			t.Fatal(err)
		}
		if got, err := r.with(right).get("a"); err != nil || string(got) != value {
			t.Errorf("got %.40q, %v, want %.40q", got, err, value)
		}
	}
	raw, err := os.ReadFile(filepath.Join(r.dir, "a"))
	if err != nil || strings.Contains(string(raw), "long as it may be") {
		t.Errorf("the file is %.60q, %v", raw, err)
	}
	if fi, err := os.Stat(filepath.Join(r.dir, "a")); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("the file has %v, %v", fi.Mode(), err)
	}
	if err := r.remove("a"); err != nil {
		t.Error(err)
	}
	if err := r.remove("a"); err != errAbsent {
		t.Errorf("again: %v", err)
	}
}

// TestOnePassphrase: nothing is read or written under another one, whatever is
// left of the store.
func TestOnePassphrase(t *testing.T) {
	r := store(t)
	if err := r.set("a", []byte("1")); err != nil {
		t.Fatal(err)
	}
	refused := func(when string) {
		t.Helper()
		wrong := r.with("wrong")
		_, err := wrong.get("a")
		for _, err := range []error{err, wrong.set("a", []byte("2")), wrong.set("b", []byte("2")), wrong.unlock(false), wrong.unlock(true)} {
			wantFailure(t, err, core.CodePassphrase, "wrong")
		}
		if got, err := r.with(right).get("a"); err != nil || string(got) != "1" {
			t.Errorf("%s: %q, %v", when, got, err)
		}
	}
	refused("at first")
	check := filepath.Join(r.dir, checkItem)
	if err := os.Remove(check); err != nil {
		t.Fatal(err)
	}
	refused("without the check")
	if err := r.with(right).unlock(false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(check); err != nil {
		t.Errorf("the right passphrase makes the check again: %v", err)
	}
	if err := os.WriteFile(check, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("with a damaged check")
	for _, name := range []string{"none"} {
		_, err := r.with("").get("a")
		wantFailure(t, err, core.CodeLocked, "needs its passphrase")
		if _, err := r.with("").get(name); err != errAbsent {
			t.Errorf("what is not there needs no passphrase: %v", err)
		}
	}
}

func TestFileDamaged(t *testing.T) {
	r := store(t)
	if err := r.set("a", []byte("1")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(r.dir, "a")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"cut": string(raw[:len(raw)-10]), "empty": "", "changed": strings.Replace(string(raw), ".", ".x", 1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := r.with(right).get("a")
		wantFailure(t, err, core.CodeFailed, path+" is damaged")
		if err := r.with(right).set("b", []byte("2")); err != nil {
			t.Errorf("%s: the others are not held up: %v", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(r.dir, checkItem), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(r.dir, "b")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantFailure(t, r.with(right).unlock(true), core.CodeFailed, "nothing else there can prove")
}

func TestFileNotSetUp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "secrets")
	req := core.Request{Dir: dir, Passphrase: right}
	if s := file.look(context.Background(), req); s.available || s.err != nil {
		t.Errorf("look: %+v", s)
	}
	_, err := file.open(req)
	wantFailure(t, err, core.CodeLocked, "not set up")
	wantFailure(t, (&fileRing{dir: dir, passphrase: right}).unlock(false), core.CodeLocked, "not set up")
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("looking made the folder: %v", err)
	}
}

// TestFileNames: what a killed writer left is no secret, and is swept away.
func TestFileNames(t *testing.T) {
	r := store(t)
	if err := os.MkdirAll(filepath.Join(r.dir, ".new-1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, ".new-1", "a"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.set("b", []byte("2")); err != nil {
		t.Fatal(err)
	}
	reply := answer(strings.NewReader(`{"op":"list","backend":"file","dir":"` + r.dir + `"}`))
	if diff := cmp.Diff([]string{"b"}, reply.Names); diff != "" || reply.Error != nil {
		t.Errorf("%+v\n%s", reply.Error, diff)
	}
	entries, err := os.ReadDir(r.dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left are %v, %v", entries, err)
	}
}
