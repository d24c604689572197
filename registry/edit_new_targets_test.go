package registry

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestAddTargets(t *testing.T) {
	on, off := true, false
	entry := New{
		Enabled: &off, Command: "npx", Args: []string{"-y", "@x/server"}, Env: []EnvVar{{"A", "b"}, {"TOKEN", "${secret:t}"}},
		Tools: []NewTool{{"get", true}},
		Targets: []NewTarget{
			{Client: "codex", Enabled: &on, Args: []string{}},
			{Client: "2", Command: "node", Dir: "/srv", Env: []EnvVar{{"A", "c"}}, NoEnv: []string{"TOKEN"}},
		},
	}
	const block = `  a:
    enabled: false
    command: npx
    args: ["-y", "@x/server"]
    env:
      A: b
      TOKEN: "${secret:t}"
    tools:
      get: {always_allow: true}
    targets:
      codex: {enabled: true, args: []}
      "2":
        command: node
        cwd: /srv
        env: {A: c, TOKEN: null}
`
	const flow = `{enabled: false, command: npx, args: ["-y", "@x/server"], env: {A: b, TOKEN: "${secret:t}"}, tools: {get: {always_allow: true}}, ` +
		`targets: {codex: {enabled: true, args: []}, "2": {command: node, cwd: /srv, env: {A: c, TOKEN: null}}}}`
	const json = `{"enabled": false, "command": "npx", "args": ["-y", "@x/server"], "env": {"A": "b", "TOKEN": "${secret:t}"}, "tools": {"get": {"always_allow": true}}, ` +
		`"targets": {"codex": {"enabled": true, "args": []}, "2": {"command": "node", "cwd": "/srv", "env": {"A": "c", "TOKEN": null}}}}`
	for _, tc := range []struct{ name, in, want string }{
		{"lines", "servers:\n  b: {command: y} # b\n# end\n", "servers:\n  b: {command: y} # b\n" + block + "# end\n"},
		{"braces", "servers: {b: {command: y}}\n", "servers: {a: " + flow + ", b: {command: y}}\n"},
		{"JSON", `{"servers": {"b": {"command": "y"}}}`, `{"servers": {"a": ` + json + `, "b": {"command": "y"}}}`},
	} {
		got, _, err := Add([]byte(tc.in), "a", entry)
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: %v\n got %s\nwant %s", tc.name, err, got, tc.want)
			continue
		}
		if back, _, err := Remove(editPath, got, "a", false); err != nil || string(back) != tc.in {
			t.Errorf("%s: and removed: %v, %q", tc.name, err, back)
		}
	}
}

func TestAddTargetsRefuses(t *testing.T) {
	for want, entry := range map[string]New{
		"is given twice":       {Command: "x", Targets: []NewTarget{{Client: "a", Command: "y"}, {Client: "a", Command: "z"}}},
		"says nothing":         {Command: "x", Targets: []NewTarget{{Client: "a"}}},
		"invalid name":         {Command: "x", Targets: []NewTarget{{Client: "a b", Command: "y"}}},
		"stands for many":      {Command: "x", Tools: []NewTool{{"get_*", true}}},
		"exclude each other":   {Command: "x", Targets: []NewTarget{{Client: "a", Command: "y", URL: "https://a.test/"}}},
		"must not hold":        {Command: "x", Targets: []NewTarget{{Client: "a", Args: []string{"${secret:t}"}}}},
		"\"A\" is given twice": {Command: "x", Targets: []NewTarget{{Client: "a", Env: []EnvVar{{"A", "b"}}, NoEnv: []string{"A"}}}},
	} {
		if _, _, err := Add(nil, "a", entry); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// Whatever is added is read again as just that, and what others say of it is kept by
// the edits that come after.
func TestAddAnything(t *testing.T) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 7))
		entry := anything(random)
		for i, in := range []string{"servers:\n  b: {command: y, targets: {codex: {args: [z]}}}\n", "servers: {b: {command: y}}\n", `{"servers": {"b": {"command": "y"}}}`, ""} {
			after, _, err := Add([]byte(in), "a", entry)
			if err != nil {
				t.Fatalf("seed %d, file %d: %v\n%+v", seed, i, err, entry)
			}
			r, err := ParseLayer(editPath, after)
			if err != nil || !entry.is(r, "a") {
				t.Fatalf("seed %d, file %d: %v\n%+v is in\n%s", seed, i, err, entry, after)
			}
			for _, on := range []bool{false, true} { // in place of what the entry says, and not of what its targets do
				edit := map[bool]func([]byte, ServerName) ([]byte, Change, error){true: Enable, false: Disable}[on]
				if after, _, err = edit(after, "a"); err != nil {
					t.Fatalf("seed %d, file %d: switched %v: %v\n%s", seed, i, on, err, after)
				}
				entry.Enabled = &on
				if r, err := ParseLayer(editPath, after); err != nil || !entry.is(r, "a") {
					t.Fatalf("seed %d, file %d: switched %v: %v\n%+v is in\n%s", seed, i, on, err, entry, after)
				}
			}
		}
	}
}

// anything is an entry that a registry can have.
func anything(random *rand.Rand) New {
	text := func() string {
		return []string{"x", "a: b", "#", "${env:HOME}", "null", "1.0", "[", "ü\n\"'", "-", "{}", " "}[random.IntN(11)]
	}
	maybe := func() bool { return random.IntN(2) == 0 }
	flag := func() *bool {
		if maybe() {
			return nil
		}
		on := maybe()
		return &on
	}
	vars := func(begin string) (out []EnvVar) {
		for i := range random.IntN(3) {
			out = append(out, EnvVar{fmt.Sprint(begin, i), text()})
		}
		return out
	}
	remote := random.IntN(4) == 0
	n := New{Enabled: flag()}
	if n.URL = "https://a.test/"; !remote {
		n.URL, n.Command, n.Env = "", "/bin/"+text(), vars("V")
		for range random.IntN(3) {
			n.Args = append(n.Args, text())
		}
	}
	for i := range random.IntN(3) {
		n.Tools = append(n.Tools, NewTool{fmt.Sprint([]string{"get", "no", "1.", "x/"}[random.IntN(4)], i), maybe()})
	}
	for i := range random.IntN(4) {
		t := NewTarget{Client: fmt.Sprint([]string{"codex", "n", "1.", ""}[random.IntN(4)], i), Enabled: flag()}
		switch {
		case remote:
			t.Headers = []EnvVar{{"X-A", "b"}}
			t.NoHeaders = []string{"X-B"}
		case maybe():
			t.Command, t.Dir = "/opt/"+text(), "/"+text()
			t.Env = append(t.Env, EnvVar{"W", text()})
		default:
			t.Args, t.NoEnv = []string{}, []string{"V0"}
			t.Env = []EnvVar{{"V1", text()}}
		}
		n.Targets = append(n.Targets, t)
	}
	return n
}
