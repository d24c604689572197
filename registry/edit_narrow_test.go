package registry

import (
	"bytes"
	"strings"
	"testing"
)

func TestNarrow(t *testing.T) {
	const head = "version: 1\n# mine\nservers: {a: {command: x}} # one\n"
	deny, both := []string{"a__x"}, []string{"a__get_*", "a__y"}
	for _, tc := range []struct {
		name, in    string
		deny, allow []string
		want        string
		back        string // after Widen, empty: as it was
	}{
		{"of nothing", "", deny, nil, "version: 1\nclients:\n  codex: {deny: [a__x]}\n", "version: 1\nclients:\n"},
		{"without clients", head, both, nil, head + "clients:\n  codex: {deny: [\"a__get_*\", a__y]}\n", head + "clients:\n"},
		{"only allowed", head + "clients:\n", nil, both, head + "clients:\n  codex: {allow: [\"a__get_*\", a__y]}\n", ""},
		{"both", head + "clients:\n", deny, both, head + "clients:\n  codex: {allow: [\"a__get_*\", a__y], deny: [a__x]}\n", ""},
		{"the same twice", head + "clients:\n", []string{"a__x", "a__x"}, nil, head + "clients:\n  codex: {deny: [a__x]}\n", ""},
		{"empty clients", head + "clients: # who\n# end\n", deny, nil, head + "clients: # who\n  codex: {deny: [a__x]}\n# end\n", ""},
		{"clients in braces", head + "clients: {} # who\n", deny, nil, head + "clients: {codex: {deny: [a__x]}} # who\n", ""},
		{"another one", head + "clients:\n  zed: a # why\n  # more\n# end\n", deny, nil, head + "clients:\n  zed: a # why\n  # more\n  codex: {deny: [a__x]}\n# end\n", ""},
		{"no line end", head + "clients:\n  zed: a # why", deny, nil, head + "clients:\n  zed: a # why\n  codex: {deny: [a__x]}", head + "clients:\n  zed: a # why\n"},

		{"a profile", head + "clients:\n  codex: work # why\n  zed: a\n", deny, both, head + "clients:\n  codex: {profile: work, allow: [\"a__get_*\", a__y], deny: [a__x]} # why\n  zed: a\n", head + "clients:\n  codex: {profile: work} # why\n  zed: a\n"},
		{"a profile in quotes", head + "clients:\n  'codex': 'work'\n", deny, nil, head + "clients:\n  'codex': {profile: 'work', deny: [a__x]}\n", head + "clients:\n  'codex': {profile: 'work'}\n"},
		{"a profile in braces", "clients: {codex: \"work\", zed: a}", deny, nil, "clients: {codex: {profile: \"work\", deny: [a__x]}, zed: a}", "clients: {codex: {profile: \"work\"}, zed: a}"},
		{"a profile on its own line", "clients:\n  codex:\n    work # why\n", deny, nil, "clients:\n  codex:\n    {profile: work, deny: [a__x]} # why\n", "clients:\n  codex:\n    {profile: work} # why\n"},

		{"a mapping", "clients:\n  codex: # me\n    # what\n    profile: work # why\n", deny, both, "clients:\n  codex: # me\n    allow: [\"a__get_*\", a__y]\n    deny: [a__x]\n    # what\n    profile: work # why\n", ""},
		{"a mapping in braces", "clients:\n  codex: {profile: work} # why\n", deny, both, "clients:\n  codex: {allow: [\"a__get_*\", a__y], deny: [a__x], profile: work} # why\n", ""},
		{"empty deny", "clients:\n  codex:\n    deny: # none yet\n    profile: work\n", deny, nil, "clients:\n  codex:\n    deny: [a__x] # none yet\n    profile: work\n", "clients:\n  codex:\n    # none yet\n    profile: work\n"},
		{"empty deny in words", "clients:\n  codex: {profile: work, deny: ~}\n", deny, nil, "clients:\n  codex: {profile: work, deny: [a__x]}\n", "clients:\n  codex: {profile: work}\n"},
		{"empty brackets", "clients:\n  codex:\n    \"deny\": []\n    profile: work\n", both, nil, "clients:\n  codex:\n    \"deny\": [\"a__get_*\", a__y]\n    profile: work\n", "clients:\n  codex:\n    profile: work\n"},
		{"lines", "clients:\n  codex:\n    deny:\n      # worst\n      - b__x # why\n      # end\n    profile: work\n", both, nil, "clients:\n  codex:\n    deny:\n      # worst\n      - b__x # why\n      - \"a__get_*\"\n      - a__y\n      # end\n    profile: work\n", ""},
		{"lines without margin", "clients:\n  codex:\n    allow:\n    - b__x", nil, deny, "clients:\n  codex:\n    allow:\n    - b__x\n    - a__x", "clients:\n  codex:\n    allow:\n    - b__x\n"},
		{"brackets", "clients: {codex: {deny: [b__x, 'b__y'], allow: [c__z]}}\n", both, deny, "clients: {codex: {deny: [\"a__get_*\", a__y, b__x, 'b__y'], allow: [a__x, c__z]}}\n", ""},
		{"brackets of lines", "clients:\n  codex:\n    deny: [\n      b__x, # why\n    ]\n", deny, nil, "clients:\n  codex:\n    deny: [a__x,\n      b__x, # why\n    ]\n", ""},
		{"CRLF", "clients:\r\n  codex:\r\n    deny:\r\n    - b__x\r\n  zed: a\r\n", deny, both, "clients:\r\n  codex:\r\n    allow: [\"a__get_*\", a__y]\r\n    deny:\r\n    - b__x\r\n    - a__x\r\n  zed: a\r\n", ""},
		{"JSON", `{"servers": {"a": {"command": "x"}}}`, deny, both, `{"clients": {"codex": {"allow": ["a__get_*", "a__y"], "deny": ["a__x"]}}, "servers": {"a": {"command": "x"}}}`, `{"clients": {}, "servers": {"a": {"command": "x"}}}`},
		{"JSON, a profile", `{"clients": {"codex": "work"}}`, deny, nil, `{"clients": {"codex": {"profile": "work", "deny": ["a__x"]}}}`, `{"clients": {"codex": {"profile": "work"}}}`},
		{"JSON, a mapping", `{"clients": {"codex": {"deny": ["b__x"]}}}`, deny, both, `{"clients": {"codex": {"allow": ["a__get_*", "a__y"], "deny": ["a__x", "b__x"]}}}`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, change, err := Narrow([]byte(tc.in), "codex", tc.deny, tc.allow)
			if err != nil || string(got) != tc.want || change.None() {
				t.Fatalf("%v, %+v\n%s\nwant\n%s", err, change, got, tc.want)
			}
			if again, change, err := Narrow(got, "codex", tc.deny, tc.allow); err != nil || string(again) != tc.want || !change.None() {
				t.Errorf("a second time it is %v, %+v\n%s", err, change, again)
			}
			want := tc.back
			if want == "" {
				want = tc.in
			}
			back, change, err := Widen(got, "codex", tc.deny, tc.allow)
			if err != nil || string(back) != want || change.None() {
				t.Fatalf("back: %v, %+v\n%s\nwant\n%s", err, change, back, want)
			}
			if again, change, err := Widen(back, "codex", tc.deny, tc.allow); err != nil || string(again) != want || !change.None() {
				t.Errorf("back a second time: %v, %+v\n%s", err, change, again)
			}
		})
	}
}

func TestNarrowNothing(t *testing.T) {
	const in = "clients: {codex: {deny: [a__x, b__y], allow: [a__z]}, zed: work}\n"
	for _, tc := range []struct {
		client      string
		deny, allow []string
	}{{"codex", nil, nil}, {"new", nil, nil}, {"codex", []string{"b__y", "a__x"}, []string{"a__z"}}} {
		got, change, err := Narrow([]byte(in), tc.client, tc.deny, tc.allow)
		if err != nil || string(got) != in || !change.None() {
			t.Errorf("%+v: %v, %+v\n%s", tc, err, change, got)
		}
	}
	for _, client := range []string{"codex", "zed", "new"} {
		got, change, err := Widen([]byte(in), client, []string{"a__z", "a__*"}, []string{"a__x"})
		if err != nil || string(got) != in || !change.None() {
			t.Errorf("widened %s: %v, %+v\n%s", client, err, change, got)
		}
	}
}

func TestNarrowSays(t *testing.T) {
	in := []byte("clients:\n  zed: a\n  codex: {deny: [a__x]}\n")
	got, change, err := Narrow(in, "codex", []string{"a__x", "a__y"}, []string{"a__z"})
	if want := (Change{Line: 3, What: "added clients: codex: {allow: [a__z], deny: [a__y]}"}); err != nil || change != want {
		t.Errorf("%+v, %v, want %+v", change, err, want)
	}
	_, change, err = Widen(got, "codex", []string{"a__x", "b__z"}, nil)
	if want := (Change{Line: 3, What: "removed clients: codex: {deny: [a__x]}"}); err != nil || change != want {
		t.Errorf("%+v, %v, want %+v", change, err, want)
	}
	for _, tc := range []struct {
		in, client, pattern, want string
	}{
		{"", "a b", "a__x", `invalid name of a client "a b"`},
		{"", "codex", "a__x]", `invalid pattern "a__x]"`},
		{"", "codex", "a", `"a" matches no tool: deny has patterns of server__tool (write "a__*")`},
		{"", "codex", "loom__x", `"loom__x": Loom's own tools are not chosen by deny (remove it)`},
		{"clients: {codex: {deny: a}}", "codex", "a__x", "registry.yaml:1:25: deny must be a list"},
		{"clients:\n  ? codex\n  : deny:\n    - a__y # why\n  zed: a\n...\n", "new", "a__x", "narrowing new: cannot edit the file without disturbing the rest: write {deny: [a__x]} into new under clients by hand"},
	} {
		_, _, err := Narrow([]byte(tc.in), tc.client, []string{tc.pattern}, nil)
		if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%q in %q: %v\nwant %s", tc.pattern, tc.in, err, tc.want)
		}
	}
	_, _, err = Widen([]byte("clients: {codex: {deny: [a__x # why\n]}}"), "codex", []string{"a__x"}, nil)
	if want := "widening codex: cannot edit the file without disturbing the rest: take {deny: [a__x]} out of codex under clients by hand"; err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// FuzzNarrow: an edit that succeeds leaves what others say, changes nothing the second
// time, and can be taken back.
func FuzzNarrow(f *testing.F) {
	for _, data := range corpus(f, false) {
		f.Add(data, "codex", "a__x", "")
		f.Add(data, "zed", "a__x", "git__get_*")
	}
	for _, text := range handwritten {
		f.Add([]byte(text), "codex", "db__*", "time__get")
		f.Add([]byte(text), "zed", "*__x", "")
	}
	f.Fuzz(func(t *testing.T, data []byte, client, denied, allowed string) {
		deny, allow := []string{denied}, []string{allowed}
		if allowed == "" {
			allow = nil
		}
		got, change, err := Narrow(data, client, deny, allow)
		if err != nil {
			return
		}
		if change.None() != bytes.Equal(data, got) {
			t.Fatalf("the change is %+v\n%q\n%q", change, data, got)
		}
		before, err := ParseLayer("f.yaml", data)
		if err != nil {
			t.Fatal(err)
		}
		after, err := ParseLayer("f.yaml", got)
		if err != nil {
			t.Fatalf("%v\n%q\n%q", err, data, got)
		}
		tool, _ := strings.CutSuffix(denied, "*")
		server, tool, _ := strings.Cut(tool, separator)
		p := Profile{Servers: []string{"*"}}.narrowedBy(client, after.Clients[client])
		if serverName.MatchString(server) && !strings.ContainsAny(tool, "*?") && p.AllowsTool(Server{Name: ServerName(server)}, tool, ToolHint{}) {
			t.Fatalf("%q is allowed\n%q\n%q", denied, data, got)
		}
		for other, was := range before.Clients {
			if is := after.Clients[other]; is.Profile != was.Profile || len(is.Deny) < len(was.Deny) || len(is.Allow) < len(was.Allow) {
				t.Fatalf("%s is %+v, was %+v\n%q\n%q", other, is, was, data, got)
			}
		}
		if again, change, err := Narrow(got, client, deny, allow); err != nil || !change.None() || !bytes.Equal(again, got) {
			t.Fatalf("again: %+v, %v\n%q\n%q", change, err, got, again)
		}
		back, _, err := Widen(got, client, deny, allow)
		if err != nil {
			if !strings.Contains(err.Error(), "by hand") {
				t.Fatalf("back: %v\n%q", err, got)
			}
			return
		}
		if _, err := ParseLayer("f.yaml", back); err != nil {
			t.Fatalf("back: %v\n%q\n%q", err, got, back)
		}
	})
}
