// Package keyringtest is a loom-keyring for tests. It keeps its values in a
// file of JSON, and is locked, slow, full or absent when that file says so. It
// is the test binary itself, started again: call [Main] first in TestMain, or
// give [Run] to testscript as the program loom-keyring.
package keyringtest

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// variable names the file of the fake. Without it the file is keyring.json in HOME.
const variable = "KEYRINGTEST"

// State is how a backend of the fake behaves.
type State string

// The states.
const (
	Works  State = "works"
	Locked State = "locked"
	Hangs  State = "hangs" // until it is killed
	Absent State = "absent"
	Full   State = "full"   // it gives what it has and takes nothing
	Breaks State = "breaks" // it ends without an answer
)

// World is what the file of the fake holds. Backends that States does not name
// are absent, but for the file, which is there once it has a passphrase.
type World struct {
	States     map[keyring.Backend]State             `json:"states"`
	Values     map[keyring.Backend]map[string]string `json:"values,omitempty"`
	Passphrase string                                `json:"passphrase,omitempty"` // of the file backend
}

// Main does not return in a process that is the fake.
func Main() {
	if os.Getenv(variable) != "" {
		os.Exit(Run())
	}
}

// Fake is a keyring of one test.
type Fake struct {
	t    testing.TB
	path string
}

// New makes a keyring in which backend works.
func New(t testing.TB, backend keyring.Backend) *Fake {
	t.Helper()
	f := &Fake{t, filepath.Join(t.TempDir(), "keyring.json")}
	f.Change(func(w *World) { w.States[backend] = Works })
	return f
}

// Options are those of a client of the fake, with a folder of their own.
func (f *Fake) Options() keyring.Options {
	f.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	return keyring.Options{Program: exe, Env: []string{variable + "=" + f.path, "GORACE=atexit_sleep_ms=0"}, State: filepath.Join(filepath.Dir(f.path), "state")}
}

// Passphrase is an [keyring.Options].Passphrase that knows it.
func Passphrase(text string) func(context.Context) (secret.Value, error) {
	return func(context.Context) (secret.Value, error) { return secret.NewValue(text), nil }
}

// Change changes how the fake behaves, or what it holds.
func (f *Fake) Change(change func(*World)) {
	f.t.Helper()
	if err := update(f.path, func(w *World) error { change(w); return nil }); err != nil {
		f.t.Fatal(err)
	}
}

// World is what the fake holds now.
func (f *Fake) World() World {
	f.t.Helper()
	w, err := read(f.path)
	if err != nil {
		f.t.Fatal(err)
	}
	return w
}

// Calls are the operations that were asked for, one a process: "get secret-service a b".
func (f *Fake) Calls() []string {
	f.t.Helper()
	raw, err := os.ReadFile(f.path + ".calls")
	if err != nil && !os.IsNotExist(err) {
		f.t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
}

func read(path string) (World, error) {
	var w World
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &w)
	}
	if w.States == nil {
		w.States = map[keyring.Backend]State{}
	}
	if w.Values == nil {
		w.Values = map[keyring.Backend]map[string]string{}
	}
	if os.IsNotExist(err) {
		err = nil
	}
	return w, err
}
