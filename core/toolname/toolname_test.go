package toolname

import (
	"regexp"
	"strings"
	"testing"
)

func TestExpose(t *testing.T) {
	long := strings.Repeat("x", 60)
	for _, tc := range []struct{ server, tool, want string }{
		{"git", "list_commits", "git__list_commits"},
		{"a", "b__c", "a__b__c"},
		{"git", strings.Repeat("y", Max-5), "git__" + strings.Repeat("y", Max-5)},
		{"git", "dots.and/slashes", "git__dots_and_slashes_"},
		{"git", long, "git__" + long[:Max-5-7] + "_"},
		{"git", "", "git___"},
	} {
		got := Expose(tc.server, tc.tool)
		if !strings.HasPrefix(got, tc.want) || len(got) > Max {
			t.Errorf("Expose(%s, %s) = %s (%d)", tc.server, tc.tool, got, len(got))
		}
	}
	if Expose("git", "a.b") == Expose("git", "a/b") || Expose("git", long+"1") == Expose("git", long+"2") {
		t.Error("two tools have one name")
	}
}

var serverName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,19}$`) // as the registry has it

// FuzzExpose: every name is one that all clients take, and the same each time.
func FuzzExpose(f *testing.F) {
	f.Add("git", "list_commits")
	f.Add("loki", "日本語 — a.b/c")
	f.Fuzz(func(t *testing.T, server, tool string) {
		if !serverName.MatchString(server) {
			t.Skip("not the name of a server")
		}
		name := Expose(server, tool)
		if len(name) > Max || !strings.HasPrefix(name, server+Separator) || name != Expose(server, tool) {
			t.Fatalf("Expose(%q, %q) = %q", server, tool, name)
		}
		for _, c := range name {
			if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", c) {
				t.Fatalf("Expose(%q, %q) = %q", server, tool, name)
			}
		}
	})
}
