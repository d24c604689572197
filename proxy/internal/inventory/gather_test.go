package inventory

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/target"
	"github.com/loom-core/loom/registry"
)

// gather is the plan for these files, each "client: text".
func gather(t *testing.T, reg string, keyring map[string]string, files ...string) Plan {
	t.Helper()
	var all []*File
	for i, text := range files {
		id, text, _ := strings.Cut(text, ": ")
		tgt, ok := target.Find(id)
		if !ok {
			t.Fatalf("no client %s", id)
		}
		path := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Read(tgt, path, clientsync.User)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	r, err := registry.Parse("registry.yaml", []byte("version: 1\n"+reg))
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"GITHUB_TOKEN": "ghp_FromTheShell0123456789"}
	return Gather(all, Options{
		Registry: r,
		Env:      func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Secret: func(name string) (secret.Value, bool) {
			v, ok := keyring[name]
			return secret.NewValue(v), ok
		},
	})
}

// text is a plan in short.
func (p Plan) text() string {
	var b strings.Builder
	for _, s := range p.Servers {
		fmt.Fprintf(&b, "%s:", s.Name)
		for _, i := range s.Items {
			fmt.Fprintf(&b, " %s/%s", i.File.Target.ID, i.Name)
		}
		if s.Known {
			b.WriteString(" known")
		} else {
			fmt.Fprintf(&b, " %s %q%s", s.New.Command, s.New.Args, s.New.URL)
			for _, v := range append(s.New.Env, s.New.Headers...) {
				fmt.Fprintf(&b, " %s=%s", v.Name, v.Value)
			}
			fmt.Fprintf(&b, " %s", s.New.Share)
			if s.New.Enabled != nil {
				b.WriteString(" off")
			}
			for _, t := range s.New.Targets {
				fmt.Fprintf(&b, " {%s", t.Client)
				if t.Enabled != nil {
					b.WriteString(" off")
				}
				if t.Command+t.URL+t.Dir != "" || t.Args != nil {
					fmt.Fprintf(&b, " %s%s %q", t.Command, t.URL, t.Args)
				}
				for _, v := range append(t.Env, t.Headers...) {
					fmt.Fprintf(&b, " %s=%s", v.Name, v.Value)
				}
				for _, name := range append(t.NoEnv, t.NoHeaders...) {
					fmt.Fprintf(&b, " -%s", name)
				}
				b.WriteString("}")
			}
			for _, t := range s.New.Tools {
				fmt.Fprintf(&b, " +%s", t.Name)
			}
		}
		for _, one := range s.Secrets {
			fmt.Fprintf(&b, " [%s", one.Name)
			if one.There {
				b.WriteString(" there")
			}
			for _, p := range one.Places {
				fmt.Fprintf(&b, " :%d", p.Line)
			}
			b.WriteString("]")
		}
		b.WriteString("\n")
	}
	for _, l := range p.Left {
		fmt.Fprintf(&b, "left %s/%s: %s\n", l.Item.File.Target.ID, l.Item.Name, l.Why)
	}
	return b.String()
}

const tok = "ghp_AbCdEf0123456789AbCdEf0123456789AbCd"

func TestGather(t *testing.T) {
	for name, tc := range map[string]struct {
		reg     string
		keyring map[string]string
		files   []string
		want    string
	}{
		"one server of two clients": {
			files: []string{
				"codex: [mcp_servers.github]\ncommand = \"npx\"\nargs = [\"-y\", \"gh\"]\n[mcp_servers.github.env]\nTOKEN = \"" + tok + "\"\n",
				"claude: {\"mcpServers\": {\n\"github\": {\"command\": \"npx\", \"args\": [\"-y\", \"gh\"],\n\"env\": {\"TOKEN\": \"" + tok + "\"}}}}",
			},
			want: "github: codex/github claude/github npx [\"-y\" \"gh\"] TOKEN=${secret:github-token} workspace [github-token :5 :3]\n",
		},
		"two names of the very same": {
			files: []string{"claude: {\"mcpServers\": {\"GitHub\": {\"command\": \"gh\"}, \"gh\": {\"command\": \"gh\"}}}"},
			want:  "github: claude/GitHub claude/gh gh [] workspace\n",
		},
		"two instances of one program": {
			files: []string{"claude: {\"mcpServers\": {\"work\": {\"command\": \"gl\", \"env\": {\"URL\": \"https://a\"}}, \"home\": {\"command\": \"gl\", \"env\": {\"URL\": \"https://b\"}}}}"},
			want:  "work: claude/work gl [] URL=https://a workspace\nhome: claude/home gl [] URL=https://b workspace\n",
		},
		"names that become one": {
			files: []string{"claude: {\"mcpServers\": {\"a b\": {\"command\": \"x\"}, \"a_b\": {\"command\": \"y\"}, \"loom\": {\"command\": \"z\"}, \"___\": {\"command\": \"w\"}}}"},
			want:  "a-b: claude/a b x [] workspace\na-b-2: claude/a_b y [] workspace\nloom-server: claude/loom z [] workspace\nserver: claude/___ w [] workspace\n",
		},
		"loom's own entry": {
			files: []string{"claude: {\"mcpServers\": {\"loom\": {\"command\": \"/opt/bin/loom\", \"args\": [\"proxy\"]}}}"},
		},
		"known already": {
			reg:     "servers: {gh: {command: gh, env: {TOKEN: \"${secret:t}\"}}, other: {command: x}}\n",
			keyring: map[string]string{"t": tok},
			files:   []string{"claude: {\"mcpServers\": {\"gh\": {\"command\": \"gh\", \"env\": {\"TOKEN\": \"" + tok + "\"}}, \"other\": {\"command\": \"y\"}}}"},
			want:    "gh: claude/gh known [t there :1]\nother-2: claude/other y [] workspace\n",
		},
		"the keyring has another value of that name": {
			keyring: map[string]string{"gh-token": "another"},
			files:   []string{"claude: {\"mcpServers\": {\"gh\": {\"command\": \"gh\", \"env\": {\"TOKEN\": \"" + tok + "\"}}}}"},
			want:    "gh: claude/gh gh [] TOKEN=${secret:gh-token-2} workspace [gh-token-2 :1]\n",
		},
		"the keyring has it": {
			keyring: map[string]string{"gh-token": tok},
			files:   []string{"claude: {\"mcpServers\": {\"gh\": {\"command\": \"gh\", \"env\": {\"TOKEN\": \"" + tok + "\"}}}}"},
			want:    "gh: claude/gh gh [] TOKEN=${secret:gh-token} workspace [gh-token there :1]\n",
		},
		"variables": {
			files: []string{"claude: {\"mcpServers\": {\"gh\": {\"command\": \"gh\", \"env\": {\"T\": \"${GITHUB_TOKEN}\", \"A\": \"${ABSENT:-x}\", \"D\": \"5$\", \"H\": \"${HOME}/x\"}}}}"},
			want:  "gh: claude/gh gh [] T=${secret:gh-t} A=${env:ABSENT:-x} D=5$$ H=${env:HOME}/x workspace [gh-t]\n",
		},
		"codex forwards": {
			files: []string{"codex: [mcp_servers.gh]\ncommand = \"gh\"\nenv_vars = [\"GITHUB_TOKEN\", \"PLAIN\"]\nenv = {D = \"${X}\"}\n"},
			want:  "gh: codex/gh gh [] D=$${X} GITHUB_TOKEN=${secret:gh-github-token} PLAIN=${env:PLAIN} workspace [gh-github-token]\n",
		},
		"a remote server": {
			files: []string{"claude: {\"mcpServers\": {\"docs\": {\"type\": \"http\", \"url\": \"https://x/mcp\", \"headers\": {\"Authorization\": \"Bearer " + tok + "\"}}}}"},
			want:  "docs: claude/docs  []https://x/mcp Authorization=Bearer ${secret:docs-authorization} workspace [docs-authorization :1]\n",
		},
		"shares": {
			files: []string{"vscode: {\"servers\": {" +
				"\"ours\": {\"command\": \"mcp-git\"}, \"web\": {\"command\": \"npx\", \"args\": [\"@playwright/mcp\"]}, \"rel\": {\"command\": \"./x\"}, " +
				"\"dir\": {\"command\": \"x\", \"cwd\": \"/w\"}, \"ws\": {\"command\": \"y\", \"args\": [\"${workspaceFolder}\"]}}}"},
			want: "ours: vscode/ours mcp-git [] global\nweb: vscode/web npx [\"@playwright/mcp\"] session\nrel: vscode/rel ./x [] workspace\n" +
				"dir: vscode/dir x [] workspace\nws: vscode/ws y [\".\"] workspace\n",
		},
		"one that differs": {
			files: []string{
				"codex: [mcp_servers.gh]\ncommand = \"npx\"\nargs = [\"gh\"]\nenv = {A = \"1\", B = \"2\"}\n",
				"claude: {\"mcpServers\": {\"gh\": {\"command\": \"docker\", \"args\": [], \"env\": {\"A\": \"1\", \"TOKEN\": \"" + tok + "\"}}}}",
				"cursor: {\"mcpServers\": {\"gh\": {\"url\": \"https://x/mcp\"}}}",
			},
			want: "gh: codex/gh claude/gh npx [\"gh\"] A=1 B=2 workspace {claude docker [] TOKEN=${secret:gh-token} -B} [gh-token :1]\ngh-2: cursor/gh  []https://x/mcp workspace\n",
		},
		"switched off": {
			files: []string{
				"codex: [mcp_servers.a]\ncommand = \"x\"\nenabled = false\n[mcp_servers.b]\ncommand = \"y\"\nenabled = false\n",
				"cline: {\"mcpServers\": {\"b\": {\"command\": \"y\"}, \"c\": {\"command\": \"z\", \"autoApprove\": [\"t\"]}}}",
			},
			want: "a: codex/a x [] workspace off\nb: codex/b cline/b y [] workspace {codex off}\nc: cline/c z [] workspace +t\n",
		},
		"what stays": {
			files: []string{"vscode: {\"servers\": {" +
				"\"a\": {\"url\": \"https://x\", \"oauth\": {}}, \"b\": {\"type\": \"sse\", \"url\": \"https://x\"}, \"c\": {}, " +
				"\"d\": {\"command\": \"x\", \"env\": {\"K\": \"${input:key}\"}}, \"e\": {\"command\": \"x\", \"args\": [\"--token\", \"" + tok + "\"]}, " +
				"\"f\": {\"command\": \"x\", \"env\": {\"API_KEY\": \"<your key>\"}}, \"g\": {\"url\": \"https://x/?api_key=abcdef\"}}}"},
			want: "left vscode/a: it signs in by OAuth, which its client does for it\n" +
				"left vscode/b: it speaks HTTP+SSE of 2024-11-05, which Loom does not\n" +
				"left vscode/c: it has neither a command nor an address\n" +
				"left vscode/d: K has ${input:key}, which only its client knows\n" +
				"left vscode/e: the argument 2 (token) looks like a secret, and every user of the machine can read arguments: give it in a variable, if the server takes it from one (docker run: -e NAME alone passes one on)\n" +
				"left vscode/f: API_KEY still has to be filled in\n" +
				"left vscode/g: the url holds a secret, and addresses are shown and logged: give it in a header, if the server takes it from one\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := gather(t, tc.reg, tc.keyring, tc.files...).text(); got != tc.want {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
		})
	}
}

// What a plan adds is taken by the registry as it is, differences included.
func TestGatheredIsValid(t *testing.T) {
	p := gather(t, "", nil,
		"claude: {\"mcpServers\": {\"A very long name of a server\": {\"command\": \"x\", \"args\": [\"$HOME\", \"${A}\"], \"env\": {\"TOKEN\": \""+tok+"\", \"B\": \"1\"}, \"description\": \"a: b\"}}}",
		"codex: [mcp_servers.\"A very long name of a server\"]\ncommand = \"y\"\nargs = []\nenv = {C = \"2\"}\n[mcp_servers.off]\ncommand = \"z\"\nenabled = false\n",
		"cline: {\"mcpServers\": {\"one\": {\"command\": \"x\", \"autoApprove\": [\"a-b\", \"c\"]}}}")
	data := []byte("version: 1\n")
	for _, s := range p.Servers {
		var err error
		if data, _, err = registry.Add(data, s.Name, s.New); err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
	}
	if _, err := registry.Parse("r.yaml", data); err != nil {
		t.Error(err)
	}
	if strings.Contains(string(data), tok) {
		t.Errorf("the token is in\n%s", data)
	}
}
