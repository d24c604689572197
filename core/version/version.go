// Package version says which Loom a binary is. loom, loomd and the servers all
// ask here, so that two binaries of one build give the same answer: the proxy
// compares its own with loomd's and warns when they differ.
package version

import "runtime/debug"

// Linked is set by make build:
//
//	-ldflags "-X github.com/loom-core/loom/core/version.Linked=v1.2.3"
var Linked string

// String is [Linked], else the version of the main module (go install …@v1.2.3),
// else the first 12 digits of the commit, else "devel".
func String() string {
	if Linked != "" {
		return Linked
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	return of(info)
}

func of(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && s.Value != "" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}
