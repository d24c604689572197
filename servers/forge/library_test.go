package forge_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

func TestLookup(t *testing.T) {
	known := []string{"Bug", "bug", "docs"}
	for name, want := range map[string]string{"bug": "1", "Bug": "0", "DOCS": "2", "bugs": `did you mean "bug"?`, "zebra": "Bug, bug, docs"} {
		i, err := forge.Lookup("label", name, known)
		got := fmt.Sprint(i)
		var e *kit.Error
		if errors.As(err, &e) {
			got = e.Hint
		}
		if !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestEverything ends where a list ends, where a page is empty and where it is
// long enough, and has no nulls.
func TestEverything(t *testing.T) {
	one := new(int)
	for name, tc := range map[string]struct {
		pages [][]*int
		all   int
		cut   bool
	}{
		"one page":      {[][]*int{{one, nil, one}}, 2, false},
		"two":           {[][]*int{{one}, {one}}, 2, false},
		"only nulls":    {[][]*int{{nil}, {one}}, 1, false},
		"an empty page": {[][]*int{{one}, {}, {one}}, 1, false},
		"too many":      {[][]*int{{one}, {one}, {one}, {one}}, 3, true},
	} {
		all, cut, err := forge.Everything(3, func(page int) ([]*int, bool, error) { return tc.pages[page-1], page < len(tc.pages), nil })
		if len(all) != tc.all || cut != tc.cut || err != nil {
			t.Errorf("%s: %d records, cut %v, %v", name, len(all), cut, err)
		}
	}
}

// TestHalf: what was done is said of every error, and a conflict is none of what
// was asked for.
func TestHalf(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want string
	}{
		{kit.Errorf(kit.Conflict, "no"), "failed_precondition: pull 7 was merged, but then: no"},
		{kit.Errorf(kit.Timeout, "no"), "timeout: pull 7 was merged, but then: no"},
		{errors.New("no"), "pull 7 was merged, but then: no"},
		{fmt.Errorf("it took long: %w", context.DeadlineExceeded), "timeout: pull 7 was merged, but then: it took long: context deadline exceeded"},
	} {
		if got := forge.Half(tc.err, "pull %d was merged", 7).Error(); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

// TestSteps: a request that fails says what those before it changed, and none that did
// not fail, or was the first, says anything.
func TestSteps(t *testing.T) {
	no := kit.Errorf(kit.PermissionDenied, "no")
	var steps forge.Steps
	if got := steps.Failed(no); got != error(no) {
		t.Errorf("the first: %v", got)
	}
	steps.Done("labels")
	steps.Done(forge.Given(map[string]bool{"title": true, "body": false, "state": true})...)
	if got := steps.Failed(nil); got != nil {
		t.Errorf("none: %v", got)
	}
	if got, want := fmt.Sprint(steps.Failed(no)), "permission_denied: changed: labels, state, title, but then: no"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestIsSHA: a name of that length is none.
func TestIsSHA(t *testing.T) {
	for text, want := range map[string]bool{
		strings.Repeat("0a", 20): true, strings.Repeat("0A", 32): true, strings.Repeat("0a", 19): false, strings.Repeat("0a", 25): false,
		strings.Repeat("my", 20): false, strings.Repeat("0a", 20) + "\n": false, "": false,
	} {
		if forge.IsSHA(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
