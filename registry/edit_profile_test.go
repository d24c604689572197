package registry

import "testing"

func TestSetInProfile(t *testing.T) {
	const servers = "servers:\n  a: {command: x}\n  b: {command: y}\n"
	for _, tc := range []struct {
		name, in, tool string
		on             bool
		want           string // empty: it has to be done by hand
	}{
		{"off, by its name", "profiles:\n  p: {servers: [a, b]}\n", "", false, "profiles:\n  p: {servers: [b]}\n"},
		{"off, of all", "profiles:\n  p:\n    servers: [\"*\"] # all\n", "", false, "profiles:\n  p:\n    deny: [\"a__*\"]\n    servers: [\"*\"] # all\n"},
		{"off, other denied", "profiles:\n  p:\n    servers: [\"*\"]\n    deny:\n      - b__x # why\n", "", false, "profiles:\n  p:\n    servers: [\"*\"]\n    deny:\n      - b__x # why\n      - \"a__*\"\n"},
		{"off, the only one", "profiles:\n  p: {servers: [a]}\n", "", false, "profiles:\n  p: {servers: []}\n"},
		{"on, was denied", "profiles:\n  p: {servers: [\"*\"], deny: [\"a__*\", b__x]}\n", "", true, "profiles:\n  p: {servers: [\"*\"], deny: [b__x]}\n"},
		{"on, was not chosen", "profiles:\n  p:\n    servers:\n      - b\n", "", true, "profiles:\n  p:\n    servers:\n      - b\n      - \"a\"\n"},
		{"a tool off", "profiles:\n  p: {servers: [\"*\"]}\n", "t", false, "profiles:\n  p: {deny: [\"a__t\"], servers: [\"*\"]}\n"},
		{"a tool on", "profiles:\n  p: {servers: [\"*\"], deny: [a__t, \"b__*\"]}\n", "t", true, "profiles:\n  p: {servers: [\"*\"], deny: [\"b__*\"]}\n"},
		{"a tool on, of few", "profiles:\n  p: {servers: [\"*\"], allow: [a__u]}\n", "t", true, "profiles:\n  p: {servers: [\"*\"], allow: [\"a__t\", a__u]}\n"},
		{"a tool on, a wild rule", "profiles:\n  p: {servers: [\"*\"], deny: [\"*__t\"]}\n", "t", true, ""},
		{"no such profile", "profiles:\n  q: {servers: [\"*\"]}\n", "", true, ""},
		{"as it is", "profiles:\n  p: {servers: [\"*\"]}\n", "", true, "profiles:\n  p: {servers: [\"*\"]}\n"},
		{"default that is not written", "", "", true, ""},
	} {
		got, change, err := SetInProfile(editPath, []byte(servers+tc.in), "p", Server{Name: "a"}, tc.tool, tc.on)
		if (err == nil) != (tc.want != "") || err == nil && (string(got) != servers+tc.want || change.None() != (tc.in == tc.want)) {
			t.Errorf("%s: %v\n got %q\nwant %q", tc.name, err, got, servers+tc.want)
		}
	}
}
