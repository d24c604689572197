package registry

import "testing"

func TestOverride(t *testing.T) {
	for _, tc := range []struct {
		in   string
		on   bool
		want string
	}{
		{"", false, "version: 1\nservers:\n  corp: {enabled: false}\n"},
		{"version: 1\nservers:\n  a: {command: x} # one\n", true, "version: 1\nservers:\n  a: {command: x} # one\n  corp: {enabled: true}\n"},
		{"servers:\n  corp: {env: {A: b}} # why\n", false, "servers:\n  corp: {enabled: false, env: {A: b}} # why\n"},
		{"servers:\n  corp:\n    # set\n    env: {A: b}\n", true, "servers:\n  corp:\n    enabled: true\n    # set\n    env: {A: b}\n"},
		{"servers:\n  corp: {enabled: false} # why\n", true, "servers:\n  corp: {enabled: true} # why\n"},
		{"servers:\n  corp:\n    targets:\n      codex: {enabled: true}\n      zed: {args: [a]}\n", false, "servers:\n  corp:\n    enabled: false\n    targets:\n      codex: {enabled: true}\n      zed: {args: [a]}\n"},
		{`{"servers": {"a": {"command": "x"}}}`, false, `{"servers": {"corp": {"enabled": false}, "a": {"command": "x"}}}`},
	} {
		got, change, err := Override([]byte(tc.in), "corp", tc.on)
		if err != nil || string(got) != tc.want || change.None() {
			t.Errorf("%q, %v: %v\n%s\nwant\n%s", tc.in, tc.on, err, got, tc.want)
		}
	}
	if _, _, err := Override([]byte("servers: {corp: {comand: x}}"), "corp", true); err == nil {
		t.Error("a file with mistakes was edited")
	}
}
