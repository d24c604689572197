package registry

import "testing"

func TestSetTool(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		on       bool
		want     string // empty: it has to be done by hand
	}{
		{"no rules", "servers:\n  a: # mine\n    command: x\n", false, "servers:\n  a: # mine\n    tools:\n      t: {enabled: false}\n    command: x\n"},
		{"shipped", "servers:\n  a: {command: x}\n", false, "servers:\n  a: {tools: {t: {enabled: false}}, command: x}\n"},
		{"other rules", "servers:\n  a:\n    command: x\n    tools:\n      \"*b*\": {enabled: false} # b\n      # end\n    share: global\n", false, "servers:\n  a:\n    command: x\n    tools:\n      \"*b*\": {enabled: false} # b\n      t: {enabled: false}\n      # end\n    share: global\n"},
		{"its own", "servers:\n  a:\n    command: x\n    tools:\n      t: {enabled: false} # why\n", true, "servers:\n  a:\n    command: x\n    tools:\n      t: {enabled: true} # why\n"},
		{"its own says something else", "servers:\n  a:\n    command: x\n    tools:\n      t:\n        max_result_bytes: 1KiB\n", false, "servers:\n  a:\n    command: x\n    tools:\n      t:\n        enabled: false\n        max_result_bytes: 1KiB\n"},
		{"a glob turns it off", "servers:\n  a:\n    command: x\n    tools: {\"*\": {enabled: false}}\n", true, ""},
		{"a glob in lines", "servers:\n  a:\n    command: x\n    tools:\n      \"*\": {enabled: false}\n", true, "servers:\n  a:\n    command: x\n    tools:\n      \"*\": {enabled: false}\n      t: {enabled: true}\n"},
		{"its own before a glob", "servers:\n  a:\n    command: x\n    tools:\n      t: {enabled: true}\n      \"*\": {enabled: false}\n", true, ""},
		{"in braces", "servers:\n  a: {command: x, tools: {b: {enabled: false}}}\n", false, "servers:\n  a: {command: x, tools: {b: {enabled: false}, t: {enabled: false}}}\n"},
		{"as it is", "servers: {a: {command: x, tools: {t: {enabled: true}}}}", true, "servers: {a: {command: x, tools: {t: {enabled: true}}}}"},
		{"of an earlier layer", "# mine\n", false, "# mine\nversion: 1\nservers:\n  a: {tools: {t: {enabled: false}}}\n"},
		{"targets", "servers:\n  a:\n    command: x\n    targets:\n      codex: {args: [y]}\n", false, "servers:\n  a:\n    tools:\n      t: {enabled: false}\n    command: x\n    targets:\n      codex: {args: [y]}\n"},
		{"JSON", `{"servers": {"a": {"command": "x"}}}`, false, ""},
	} {
		got, change, err := SetTool([]byte(tc.in), "a", "t", tc.on)
		if (err == nil) != (tc.want != "") || err == nil && (string(got) != tc.want || change.None() != (tc.in == tc.want)) {
			t.Errorf("%s: %v\n got %q\nwant %q", tc.name, err, got, tc.want)
		}
	}
	for _, tool := range []string{"*", "", "a b"} {
		if _, _, err := SetTool([]byte("servers: {a: {command: x}}"), "a", tool, false); err == nil {
			t.Errorf("%q was taken for a tool", tool)
		}
	}
}
