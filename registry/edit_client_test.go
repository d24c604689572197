package registry

import "testing"

func TestSetClient(t *testing.T) {
	const head = "version: 1\n# mine\nservers: {a: {command: x}} # one\n"
	for _, tc := range []struct{ name, in, client, profile, want string }{
		{"of nothing", "", "codex", "ops", "version: 1\nclients:\n  codex: ops\n"},
		{"without clients", head, "codex", "ops", head + "clients:\n  codex: ops\n"},
		{"empty clients", head + "clients:\n# end\n", "codex", "ops", head + "clients:\n  codex: ops\n# end\n"},
		{"no clients, in words", head + "clients: ~ # none\n", "codex", "ops", head + "clients: {codex: ops} # none\n"},
		{"no clients, in braces", "{clients: , servers: {}}\n", "codex", "ops", "{clients: {codex: ops} , servers: {}}\n"},
		{"another one", head + "clients:\n  zed: a # why\n# end\n", "codex", "ops", head + "clients:\n  zed: a # why\n  codex: ops\n# end\n"},
		{"in place", head + "clients:\n  codex: a # why\n", "codex", "ops", head + "clients:\n  codex: ops # why\n"},
		{"in quotes", head + "clients:\n  codex: 'a' # why\n", "codex", "ops", head + "clients:\n  codex: \"ops\" # why\n"},
		{"in braces", head + "clients: {zed: a, codex: b} # why\n", "codex", "ops", head + "clients: {zed: a, codex: ops} # why\n"},
		{"into braces", head + "clients: {zed: a} # why\n", "codex", "ops", head + "clients: {codex: ops, zed: a} # why\n"},
		{"of a mapping", head + "clients:\n  codex:\n    # lists\n    deny: [a__x]\n", "codex", "ops", head + "clients:\n  codex:\n    profile: ops\n    # lists\n    deny: [a__x]\n"},
		{"in a mapping", head + "clients:\n  codex: {deny: [a__x], profile: b}\n", "codex", "ops", head + "clients:\n  codex: {deny: [a__x], profile: ops}\n"},
		{"JSON", `{"servers": {"a": {"command": "x"}}}`, "codex", "ops", `{"clients": {"codex": "ops"}, "servers": {"a": {"command": "x"}}}`},
		{"a word of YAML", head, "codex", "true", head + "clients:\n  codex: \"true\"\n"},
	} {
		got, change, err := SetClient([]byte(tc.in), tc.client, tc.profile)
		if err != nil || string(got) != tc.want || change.None() {
			t.Errorf("%s: %v, %+v\n%s\nwant\n%s", tc.name, err, change, got, tc.want)
			continue
		}
		again, change, err := SetClient(got, tc.client, tc.profile)
		if err != nil || string(again) != tc.want || !change.None() {
			t.Errorf("%s: a second time it is %v, %+v\n%s", tc.name, err, change, again)
		}
	}
	for _, tc := range [][2]string{{"a b", "ops"}, {"codex", "o\nps"}, {"", "x"}, {"x", ""}} {
		if _, _, err := SetClient([]byte(head), tc[0], tc[1]); err == nil {
			t.Errorf("SetClient(%q, %q) succeeded", tc[0], tc[1])
		}
	}
}
