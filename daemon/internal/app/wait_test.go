package app

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// eventually waits for something that no message tells of.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// held are arguments of the tool hang, whose call is in flight until release.
func held(t *testing.T) (arguments string, release func()) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "release")
	return `{"name":` + strconv.Quote(file) + `}`, func() {
		t.Helper()
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
