package version

import (
	"runtime/debug"
	"testing"
)

func TestOf(t *testing.T) {
	revision := []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}}
	for _, tt := range []struct {
		name string
		in   debug.BuildInfo
		want string
	}{
		{"installed by version", debug.BuildInfo{Main: debug.Module{Version: "v1.0.0"}, Settings: revision}, "v1.0.0"},
		{"built in a checkout", debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: revision}, "0123456789ab"},
		{"short revision", debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123"}}}, "0123"},
		{"nothing known", debug.BuildInfo{}, "devel"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := of(&tt.in); got != tt.want {
				t.Errorf("of(%+v) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestLinkedWins(t *testing.T) {
	t.Cleanup(func() { Linked = "" })
	Linked = "v9.8.7"
	if got := String(); got != "v9.8.7" {
		t.Errorf("String() = %q, want the linked one", got)
	}
}
