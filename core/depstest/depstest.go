// Package depstest keeps the arrows between packages, each with its reason.
package depstest

import (
	"os/exec"
	"strings"
	"testing"
)

// Forbid fails t when the package in the current folder imports forbidden, or
// a package below it, directly or through others. because says what the
// import would break.
func Forbid(t testing.TB, forbidden, because string) {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go list -deps .: %v\n%s", err, out)
	}
	for _, dep := range strings.Fields(string(out)) {
		if dep == forbidden || strings.HasPrefix(dep, forbidden+"/") {
			t.Errorf("imports %s: %s", dep, because)
		}
	}
}
