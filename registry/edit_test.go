package registry

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestEnable(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"empty file", "", "version: 1\nservers:\n  git: {from: shipped}\n"},
		{"comments only", "# mine\n", "# mine\nversion: 1\nservers:\n  git: {from: shipped}\n"},
		{"no line end", "# mine", "# mine\nversion: 1\nservers:\n  git: {from: shipped}"},
		{"document start", "---\n# mine\n", "---\n# mine\nversion: 1\nservers:\n  git: {from: shipped}\n"},
		{"no servers", "version: 1\ndefaults: {timeout: 1m} # short\n", "version: 1\ndefaults: {timeout: 1m} # short\nservers:\n  git: {from: shipped}\n"},
		{"no servers, no version", "defaults: {timeout: 1m}\n\n", "defaults: {timeout: 1m}\n\nversion: 1\nservers:\n  git: {from: shipped}\n"},
		{"empty servers", "version: 1\nservers: # mine\nprofiles: {}\n", "version: 1\nservers: # mine\n  git: {from: shipped}\nprofiles: {}\n"},
		{"empty braces", "servers: {}\nprofiles: {}\n", "servers:\n  git: {from: shipped}\nprofiles: {}\n"},
		{"empty braces and comment", "servers: { }  # mine\n", "servers:   # mine\n  git: {from: shipped}\n"},
		{"empty braces at the end", "servers: {}", "servers:\n  git: {from: shipped}"},
		{"after the last entry", "servers:\n    a:\n        command: x\n    # more to come\n\n# who may what\nprofiles: {}\n",
			"servers:\n    a:\n        command: x\n    # more to come\n    git: {from: shipped}\n\n# who may what\nprofiles: {}\n"},
		{"after a block of text", "servers:\n  a:\n    command: x\n    description: |\n      text\n      # not a comment\n\n# end\n",
			"servers:\n  a:\n    command: x\n    description: |\n      text\n      # not a comment\n  git: {from: shipped}\n\n# end\n"},
		{"a block without line end", "servers:\n  a:\n    command: x\n    description: |-\n      text", "servers:\n  a:\n    command: x\n    description: |-\n      text\n  git: {from: shipped}"},
		{"in braces", "servers: {a: {command: x}} # one line\n", "servers: {git: {from: shipped}, a: {command: x}} # one line\n"},
		{"JSON", `{"servers": {"a": {"command": "x"}}}`, `{"servers": {"git": {"from": "shipped"}, "a": {"command": "x"}}}`},
		{"JSON without servers", `{"version": 1}`, `{"servers": {"git": {"from": "shipped"}}, "version": 1}`},
		{"JSON with empty servers", `{"version": 1, "servers": {}}`, `{"version": 1, "servers": {"git": {"from": "shipped"}}}`},
		{"nothing in braces", "{}\n", "{servers: {git: {from: shipped}}}\n"},
		{"CRLF", "version: 1\r\nservers:\r\n  a: {command: x}\r\n", "version: 1\r\nservers:\r\n  a: {command: x}\r\n  git: {from: shipped}\r\n"},
		{"byte order mark", "\ufeffservers: {a: {command: x}}\n", "\ufeffservers: {git: {from: shipped}, a: {command: x}}\n"},
		{"indented root", "  servers:\n    a: {command: x}\n", "  servers:\n    a: {command: x}\n    git: {from: shipped}\n"},
		{"indented root without servers", "  version: 1\n", "  version: 1\n  servers:\n    git: {from: shipped}\n"},

		{"already on", "servers: {git: {from: shipped}}", "servers: {git: {from: shipped}}"},
		{"own", "servers:\n  git:\n    command: x\n    enabled: false\n    args: [a]\n", "servers:\n  git:\n    command: x\n    args: [a]\n"},
		{"first key", "servers:\n  git:\n    enabled: false\n    # what runs\n    command: x\n", "servers:\n  git:\n    # what runs\n    command: x\n"},
		{"last key, no line end", "servers:\n  git:\n    command: x\n    enabled: false", "servers:\n  git:\n    command: x\n"},
		{"comment on the line", "servers:\n  git:\n    enabled: False  # until Monday\n    command: x\n", "servers:\n  git:\n    # until Monday\n    command: x\n"},
		{"flow, last", "servers:\n  git: {from: shipped, enabled: false} # off\n", "servers:\n  git: {from: shipped} # off\n"},
		{"flow, first", "servers:\n  git: {enabled: false, from: shipped}\n", "servers:\n  git: {from: shipped}\n"},
		{"flow, middle", "servers:\n  git: { from: shipped , enabled: false , share: session }\n", "servers:\n  git: { from: shipped  , share: session }\n"},
		{"flow of lines", "servers:\n  git: {\n    from: shipped, # why\n    enabled: false # off\n  }\n", "servers:\n  git: {\n    from: shipped, # why\n    # off\n  }\n"},
		{"flow of lines, comma", "servers:\n  git: {\n    enabled: false,\n    from: shipped,\n  }\n", "servers:\n  git: {\n    from: shipped,\n  }\n"},
		{"JSON entry", `{"servers":{"git":{"from":"shipped","enabled":false}}}`, `{"servers":{"git":{"from":"shipped"}}}`},
		{"wide characters", "servers: {ü: &x}\n", ""},
		{"wide characters before", "servers: {a: {command: ü€😀}, git: {from: shipped, enabled: false}}\n", "servers: {a: {command: ü€😀}, git: {from: shipped}}\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := []byte(tc.in)
			got, change, err := Enable(in, "git")
			if tc.want == "" {
				if err == nil {
					t.Errorf("Enable = %q, want an error", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tc.want {
				t.Errorf("Enable\n got %q\nwant %q", got, tc.want)
			}
			if string(in) != tc.in {
				t.Errorf("the input became %q", in)
			}
			if change.None() != (tc.in == tc.want) {
				t.Errorf("the change is %+v", change)
			}
		})
	}
}

func TestDisable(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"shipped and not there", "version: 1\n", "version: 1\n"},
		{"already off", "servers: {git: {command: x, enabled: false}}", "servers: {git: {command: x, enabled: false}}"},
		{"block", "servers:\n  git: # mine\n    # what runs\n    command: x\n", "servers:\n  git: # mine\n    enabled: false\n    # what runs\n    command: x\n"},
		{"wide block", "servers:\n  git:\n        command: x\n", "servers:\n  git:\n        enabled: false\n        command: x\n"},
		{"enabled: true", "servers:\n  git:\n    enabled: true # yes\n    command: x\n", "servers:\n  git:\n    enabled: false # yes\n    command: x\n"},
		{"flow", "servers:\n  git: {from: shipped} # mine\n", "servers:\n  git: {enabled: false, from: shipped} # mine\n"},
		{"flow of lines", "servers:\n  git: {\n    from: shipped,\n  }\n", "servers:\n  git: {enabled: false,\n    from: shipped,\n  }\n"},
		{"JSON", `{"servers": {"git": {"from": "shipped"}}}`, `{"servers": {"git": {"enabled": false, "from": "shipped"}}}`},
		{"CRLF", "servers:\r\n  git:\r\n    command: x\r\n", "servers:\r\n  git:\r\n    enabled: false\r\n    command: x\r\n"},
		{"key in quotes", "servers:\n  'git':\n    'enabled': true\n    command: x\n", "servers:\n  'git':\n    'enabled': false\n    command: x\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, change, err := Disable([]byte(tc.in), "git")
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tc.want {
				t.Errorf("Disable\n got %q\nwant %q", got, tc.want)
			}
			if change.None() != (tc.in == tc.want) {
				t.Errorf("the change is %+v", change)
			}
		})
	}
}

func TestChange(t *testing.T) {
	_, change, err := Enable([]byte("version: 1\nservers:\n  a: {command: x}\n"), "git")
	if want := (Change{Server: "git", Line: 4, What: "added git: {from: shipped}"}); err != nil || change != want {
		t.Errorf("Enable: %+v, %v, want %+v", change, err, want)
	}
	_, change, err = Disable([]byte("servers:\n  a: {command: x}\n"), "a")
	if want := (Change{Server: "a", Line: 2, What: "set enabled: false"}); err != nil || change != want {
		t.Errorf("Disable: %+v, %v, want %+v", change, err, want)
	}
}

func TestEditRefuses(t *testing.T) {
	edits := map[string]func([]byte, ServerName) ([]byte, Change, error){"enable": Enable, "disable": Disable}
	for _, tc := range []struct {
		do, in string
		name   ServerName
		want   string
	}{
		{"enable", "", "gti", `unknown server "gti" (did you mean "git"?)`},
		{"disable", "servers: {mine: {command: x}}", "nobody", `unknown server "nobody" (known are: git, gitea, github, gitlab, k8s, k8s-ops, loki, mine, prometheus)`},
		{"enable", "servers: {a: {comand: x}}", "git", `registry.yaml:1:15: unknown key "comand" in a server`},
		{"enable", "version: 1\n...\n", "git", "enabling git: cannot edit line 1 without disturbing the rest: add git: {from: shipped} under servers by hand"},
		{"enable", "version: 1\nservers: ~\n", "git", "enabling git: cannot edit line 2 without disturbing the rest: add git: {from: shipped} under servers by hand"},
		{"enable", "servers:\n  a:\n    command: x\n    enabled:\n      false\n", "a", "enabling a: cannot edit line 2 without disturbing the rest: remove enabled: false from the entry by hand"},
		{"disable", "servers:\n  ? a\n  : command: x\n", "a", "disabling a: cannot edit line 2 without disturbing the rest: write enabled: false into the entry by hand"},
	} {
		got, change, err := edits[tc.do]([]byte(tc.in), tc.name)
		if err == nil || !strings.HasPrefix(err.Error(), tc.want) || got != nil || !change.None() {
			t.Errorf("%s %s in %q = %q, %v\nwant %s", tc.do, tc.name, tc.in, got, err, tc.want)
		}
	}
	var invalid *ValidationError
	if _, _, err := Enable([]byte("x: 1"), "git"); !errors.As(err, &invalid) {
		t.Errorf("Enable in a file with problems: %v", err)
	}
}

const commented = `# 1: top
version: 1 # 2: version
# 3: before servers

servers: # 4: servers
  # 5: before a
  a: # 6: a
    # 7: before command
    command: x # 8: command
    # 9: before args
    args: # 10: args
      - y # 11: y
      # 12: after y
    # 13: after args

  # 14: before b
  b: {command: x} # 15: b
  c: { # 16: c
    # 17: in c
    command: x, # 18: in c
    enabled: true # 19: in c
    # 20: end of c
  } # 21: after c
  d:
    enabled: true # 22: d
    command: x
  # 23: end of servers

# 24: before profiles
profiles: # 25: profiles
  p: {servers: [a, git]} # 26: p
# 27: end
`

// Whatever is turned on and off, no comment is lost, and every server is as it
// was set last.
func TestEditsKeepComments(t *testing.T) {
	var comments []string
	for line := range strings.Lines(commented) {
		if i := strings.IndexByte(line, '#'); i >= 0 {
			comments = append(comments, strings.TrimSpace(line[i:]))
		}
	}
	for _, eol := range []string{"\n", "\r\n"} {
		random := rand.New(rand.NewPCG(1, 2))
		names := []ServerName{"a", "b", "c", "d", "git", "prometheus"}
		text := []byte(strings.ReplaceAll(commented, "\n", eol))
		for step := range 200 {
			name, on := names[random.IntN(len(names))], random.IntN(2) == 0
			do := Disable
			if on {
				do = Enable
			}
			next, _, err := do(text, name)
			if err != nil {
				t.Fatalf("step %d, %s %v: %v\n%s", step, name, on, err, text)
			}
			r, err := Parse("registry.yaml", next)
			if err != nil {
				t.Fatal(err)
			}
			if s, there := r.Server(name); there && s.Enabled != on || !there && on {
				t.Fatalf("step %d, %s %v:\n%s", step, name, on, next)
			}
			text = next
		}
		for _, comment := range comments {
			if n := strings.Count(string(text), comment+eol); n != 1 {
				t.Errorf("%q is there %d times:\n%s", comment, n, text)
			}
		}
		if eol == "\r\n" && bytes.Count(text, []byte("\n")) != bytes.Count(text, []byte("\r\n")) {
			t.Errorf("line ends are mixed: %q", text)
		}
	}
}

// FuzzEnable: an edit that succeeds gives a registry in which the server is as
// asked, changes nothing the second time, and can be taken back.
func FuzzEnable(f *testing.F) {
	for _, data := range corpus(f, false) {
		f.Add(data, "git", true)
		f.Add(data, "a", false)
	}
	for _, name := range []string{"a", "b", "c", "d", "git"} {
		f.Add([]byte(commented), name, name == "git")
	}
	f.Add([]byte("servers: {}\r\n# end"), "git", true)
	f.Add([]byte("servers:\n  git: {\n    from: shipped, # why\n    enabled: false # off\n  }\n"), "git", true)
	f.Fuzz(func(t *testing.T, data []byte, name string, on bool) {
		do, undo := Disable, Enable
		if on {
			do, undo = Enable, Disable
		}
		got, change, err := do(data, ServerName(name))
		if err != nil {
			return
		}
		if change.None() != bytes.Equal(data, got) {
			t.Fatalf("the change is %+v\n%q\n%q", change, data, got)
		}
		r, err := ParseLayer("f.yaml", got)
		if err != nil {
			t.Fatalf("%v\n%q\n%q", err, data, got)
		}
		if s, there := r.Server(ServerName(name)); there && s.Enabled != on || !there && on {
			t.Fatalf("%s is not %v\n%q\n%q", name, on, data, got)
		}
		if again, change, err := do(got, ServerName(name)); err != nil || !change.None() || !bytes.Equal(again, got) {
			t.Fatalf("again: %+v, %v\n%q\n%q", change, err, got, again)
		}
		if _, _, err := undo(got, ServerName(name)); err != nil && !strings.Contains(err.Error(), "by hand") {
			t.Fatalf("back: %v\n%q", err, got)
		}
	})
}
