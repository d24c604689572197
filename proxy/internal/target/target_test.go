package target

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loom-core/loom/core/golden"
	"github.com/loom-core/loom/proxy/internal/configfile"
)

// hosts are the kinds of machine that there are.
var hosts = []struct {
	name string
	Host
}{
	{"linux", Host{OS: "linux", Home: "/home/ann"}},
	{"linux, XDG_CONFIG_HOME", Host{OS: "linux", Home: "/home/ann", Config: "/cfg", CodexHome: "/codex", CopilotHome: "/copilot"}},
	{"macOS", Host{OS: "darwin", Home: "/Users/ann"}},
	{"WSL2", Host{OS: "linux", Home: "/home/ann", Windows: "/mnt/c/Users/Ann", Distro: "Ubuntu"}},
}

// TestPaths shows where each client's file is looked for, in that order; those of
// Windows are marked.
func TestPaths(t *testing.T) {
	var b strings.Builder
	for _, target := range All() {
		fmt.Fprintf(&b, "%s\n", target.ID)
		for _, h := range hosts {
			fmt.Fprintf(&b, "  %s\n", h.name)
			for _, path := range target.User(h.Host) {
				mark := " "
				if h.ForWindows(path) {
					mark = "w"
				}
				fmt.Fprintf(&b, "   %s %s\n", mark, path)
			}
		}
		fmt.Fprintf(&b, "  project: %s\n\n", strings.Join(target.Project, ", "))
	}
	golden.Check(t, "paths.golden", []byte(b.String()))
}

// TestEntries shows what is written for a server of each kind; what is missing is
// what the client has no words for.
func TestEntries(t *testing.T) {
	var b strings.Builder
	for _, target := range All() {
		for _, l := range []Launch{process, {Name: "loom", Command: "loom", Cwd: "/srv"}, address} {
			o := target.Entry(l)
			if o == nil {
				continue
			}
			text, _, err := configfile.Change(target.Format, nil, []configfile.Edit{{Path: append(target.Key, l.Name), Value: o}})
			if err != nil {
				t.Fatalf("%s: %v", target.ID, err)
			}
			fmt.Fprintf(&b, "-- %s --\n%s\n", target.ID, text)
		}
	}
	golden.Check(t, "entries.golden", []byte(b.String()))
}

// What is written is read again as what it was meant to be.
func TestFoundIsWhatWasWritten(t *testing.T) {
	for _, target := range All() {
		for _, l := range []Launch{process, address} {
			o := target.Entry(l)
			if o == nil {
				continue
			}
			f, ok := target.Found(o)
			want := Found{Launch: l}
			want.Name = ""
			if f.Description == "" {
				want.Description = ""
			}
			if f.AlwaysAllow == nil {
				want.AlwaysAllow = nil
			}
			f.Lost = nil
			if diff := cmp.Diff(want, f); !ok || diff != "" {
				t.Errorf("%s: %v (-written +read):\n%s", target.ID, ok, diff)
			}
		}
	}
}

// Forms that others write.
func TestFound(t *testing.T) {
	for _, tc := range []struct {
		id, text string
		want     Found
	}{
		{"cline", `{"transport": {"type": "stdio", "command": "x", "args": ["a"]}, "disabled": true}`, Found{Launch: Launch{Command: "x", Args: []string{"a"}}, Disabled: true}},
		{"cline", `{"url": "https://e.com/sse"}`, Found{Launch: Launch{URL: "https://e.com/sse"}, SSE: true}},
		{"roo", `{"type": "sse", "url": "https://e.com/sse"}`, Found{Launch: Launch{URL: "https://e.com/sse"}, SSE: true}},
		{"gemini", `{"url": "https://e.com/sse"}`, Found{Launch: Launch{URL: "https://e.com/sse"}, SSE: true}},
		{"gemini", `{"url": "https://e.com/mcp", "type": "http"}`, Found{Launch: Launch{URL: "https://e.com/mcp"}}},
		{"zed", `{"source": "custom", "command": "x", "enabled": false}`, Found{Launch: Launch{Command: "x"}, Disabled: true, Lost: []string{"source"}}},
		{"windsurf", `{"url": "https://e.com/mcp"}`, Found{Launch: Launch{URL: "https://e.com/mcp"}}},
		{"antigravity", `{"url": "https://e.com/mcp"}`, Found{Launch: Launch{URL: "https://e.com/mcp"}}},
		{"cursor", `{"command": "x", "cwd": "/srv", "disabled": true}`, Found{Launch: Launch{Command: "x", Cwd: "/srv"}, Disabled: true}},
		{"kilo", `{"type": "local", "command": ["x", "a"], "enabled": false}`, Found{Launch: Launch{Command: "x", Args: []string{"a"}}, Disabled: true}},
	} {
		target, _ := Find(tc.id)
		f, err := configfile.Parse(configfile.JSONC, []byte(`{"m": {"x": `+tc.text+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		entries, _, _ := f.Entries("m")
		got, ok := target.Found(entries[0].Value.(configfile.Object))
		if diff := cmp.Diff(tc.want, got); !ok || diff != "" {
			t.Errorf("%s, %s: %v (-want +got):\n%s", tc.id, tc.text, ok, diff)
		}
	}
}
