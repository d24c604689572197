package mask

import (
	"strings"
	"testing"
)

func TestHides(t *testing.T) {
	for _, tc := range []struct {
		kind, path, text string
		want             bool
	}{
		{"Widget", "spec.password", "guess", true},
		{"Widget", "spec.password", "true", true}, // also a guess that would be shown
		{"Widget", "spec.credentials.value", "guess", true},
		{"Widget", "spec.value", "guess", true}, // its name may be PASSWORD
		{"Widget", "spec.config", "db password=hunter2", true},
		{"Widget", "spec.mode", "fast", false},
		{"Widget", "spec.secretName", "db", false},
		{"Table", "spec.password", "guess", true},
		{"Secret", "data.a", "Z3Vlc3M=", true},
		{"Secret", "type", "Opaque", false},
		{"ConfigMap", "data.token", "guess", true},
		{"Pod", "status.phase", "Running", false},
		{"Pod", "spec.serviceAccountName", "token", false},
		{"", "metadata.labels.api-token", "guess", true},
		{"", "metadata.labels.app", "web", false},
		{"", "metadata.name", "token", false},
	} {
		if got := Hides(tc.kind, strings.Split(tc.path, "."), tc.text); got != tc.want {
			t.Errorf("%s of %s with %q: hidden %v", tc.path, tc.kind, tc.text, got)
		}
	}
}
