package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loom-core/loom/core/secret"
)

// TestBrokenIndex: it is named with its line, and nothing writes over it.
func TestBrokenIndex(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    ":1: EOF",
		"{\n\"version\": 1,\n":                ":3: unexpected EOF",
		"{\n\"version\": 2}":                  "version 2 is not known",
		"{\"version\":1,\n\"values\":{}}":     "unknown field",
		"{\"version\":1,\"secrets\":\n[]}":    ":2: json: cannot unmarshal",
		`{"version":1,"secrets":{}} {}`:       "more behind the end",
		`{"version":1,"secrets":{"../x":{}}}`: "not a secret in a keyring",
		"{\"version\":1,\"secrets\":{\n\"x\":{\"set\":\"2026-01-01T00:00:00Z\"}}}": ":2: \"x\" is not a secret in a keyring",
	} {
		state := t.TempDir()
		path := filepath.Join(state, "secrets.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := New(Options{Program: "/nowhere", State: state})
		_, listed := c.List()
		_, got := c.Get(t.Context(), "a")
		_, put := c.Set(t.Context(), "a", secret.NewValue("1"))
		for _, err := range []error{listed, got, put, c.Delete(t.Context(), "a")} {
			var broken *IndexError
			if !errors.As(err, &broken) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path+":") {
				t.Errorf("%q: %v, want %q", text, err, want)
			}
		}
		if raw, err := os.ReadFile(path); err != nil || string(raw) != text {
			t.Errorf("%q was written over: %q, %v", text, raw, err)
		}
	}
}

// TestLockIsHeld: who waits for another loom is told which file it holds.
func TestLockIsHeld(t *testing.T) {
	c := New(Options{Program: "/nowhere", State: t.TempDir(), Timeout: 100 * time.Millisecond})
	unlock, err := c.lock(t.Context(), OpSet)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Set(t.Context(), "a", secret.NewValue("1"))
	if e := (*Error)(nil); !errors.As(err, &e) || e.Code != CodeTimeout || !strings.Contains(e.Message, "secrets.lock") {
		t.Errorf("got %v", err)
	}
	unlock()
	_, err = c.Set(t.Context(), "a", secret.NewValue("1"))
	if e := (*Error)(nil); !errors.As(err, &e) || e.Code != CodeUnavailable {
		t.Errorf("got %v", err)
	}
}

// FuzzIndex: nothing panics, and what is read is written back the same.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"version":1,"secrets":{"a":{"backend":"pass","set":"2026-01-01T00:00:00Z","from":"file"}}}`))
	f.Add([]byte("{\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := parseIndex("x", data)
		if err != nil {
			var broken *IndexError
			if !errors.As(err, &broken) || broken.Line < 1 {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		c := New(Options{State: t.TempDir()})
		if err := c.writeIndex(OpSet, first); err != nil {
			t.Skip(err) // a year that JSON has no form for
		}
		second, err := c.readIndex()
		if diff := cmp.Diff(first, second); err != nil || diff != "" {
			t.Fatalf("%q: %v\n%s", data, err, diff)
		}
	})
}
