package pathglob_test

import (
	"testing"

	"github.com/loom-core/loom/servers/kit/pathglob"
)

func TestCompile(t *testing.T) {
	for _, tc := range []struct {
		glob, path string
		want       bool
	}{
		{"*.go", "a/b.go", true}, {"*.go", "b.go", true}, {"*.go", "b.gox", false},
		{"a/*.go", "a/b.go", true}, {"a/*.go", "a/b/c.go", false}, {"a/**/*.go", "a/b/c.go", true}, {"a/**/*.go", "a/c.go", true},
		{"vendor", "vendor/x/y", true}, {"vendor/", "x/vendor/y", true}, {"cmd/**", "cmd/x", true}, {"./cmd", "cmd/x", true},
		{"a.c", "abc", false}, {"?.c", "a.c", true}, {"[", "[", true},
	} {
		re, err := pathglob.Compile(tc.glob)
		if err != nil || re.MatchString(tc.path) != tc.want {
			t.Errorf("%s matches %s: %v (%v), want %v", tc.glob, tc.path, !tc.want, err, tc.want)
		}
	}
}
