package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/core/secret"
)

// Of a short value nothing is shown, of a long one too little to guess the rest.
func TestMasked(t *testing.T) {
	for value, want := range map[string]string{
		"":                            "0 characters",
		"canary":                      "6 characters",
		"canary-1234567890-x":         "19 characters",
		"canary-1234567890-ab":        "20 characters, the last are 0-ab",
		"canary-1234567890-äöü\u202e": `22 characters, the last are äöü\u202e`,
	} {
		got := masked(secret.NewValue(value))
		if got != want || strings.Contains(got, "canary") {
			t.Errorf("masked(%q) = %q, want %q", value, got, want)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for text, want := range map[string]string{
		".env": ".env", "/a/b-c_1.env": "/a/b-c_1.env", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "-rf": "'./-rf'", "": "''", "~": "'~'",
	} {
		if got := shellQuote(text); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", text, got, want)
		}
	}
}

// A folder of secret files is locked while its process lives, and swept only when
// nobody holds it and it is not young.
func TestSecretFilesAreSwept(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "loom")
	live, err := newSecretFiles(parent)
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(parent, filesPrefix+"left")
	young := filepath.Join(parent, filesPrefix+"young")
	other := filepath.Join(parent, "loomd.sock")
	for _, dir := range []string{left, young, other} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	before := time.Now().Add(-time.Hour)
	for _, dir := range []string{left, live.dir, other} {
		if err := os.Chtimes(dir, before, before); err != nil {
			t.Fatal(err)
		}
	}
	sweepFiles(parent)
	for dir, want := range map[string]bool{left: false, young: true, live.dir: true, other: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", filepath.Base(dir), err == nil, want)
		}
	}
	path, err := live.write("tok", secret.NewValue("canary"))
	if err != nil {
		t.Fatal(err)
	}
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", fi, err)
	}
	live.remove()
	if _, err := os.Stat(live.dir); err == nil {
		t.Error("the folder is still there")
	}
}
