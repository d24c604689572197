package version

import (
	"regexp"
	"strconv"
	"strings"
)

// release is the version of a release: v1.2.3, or v1.2.3-rc.1. What make build
// and go build say of anything else (v1.2.3-4-gabcdef, a commit, "devel") has no
// place in their order.
var release = regexp.MustCompile(`^v(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([a-z]+)\.?(\d{1,9}))?$`)

// Newer reports whether both are versions of releases and a comes after b.
func Newer(a, b string) bool {
	x, y := release.FindStringSubmatch(a), release.FindStringSubmatch(b)
	if x == nil || y == nil {
		return false
	}
	for i := 1; i <= 3; i++ {
		if c := compare(x[i], y[i]); c != 0 {
			return c > 0
		}
	}
	if x[4] == "" || y[4] == "" { // the release comes after what leads to it
		return x[4] == "" && y[4] != ""
	}
	if c := strings.Compare(x[4], y[4]); c != 0 {
		return c > 0
	}
	return compare(x[5], y[5]) > 0
}

func compare(a, b string) int {
	m, _ := strconv.Atoi(a) // at most nine digits
	n, _ := strconv.Atoi(b)
	return m - n
}
