package review

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

func parse(t *testing.T, id, text string) (target.Target, configfile.File) {
	t.Helper()
	tgt, ok := target.Find(id)
	if !ok {
		t.Fatalf("no target %s", id)
	}
	file, err := configfile.Parse(tgt.Format, []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return tgt, file
}

func TestUnread(t *testing.T) {
	for _, tc := range []struct{ client, text, want string }{
		{"vscode", "{\n  \"inputs\": [],\n  \"mcpServers\": {\"a\": {\"command\": \"x\"}}\n}", `3:3: VS Code does not read "mcpServers"; its servers are under "servers"`},
		{"vscode", `{"servers": {"a": {"type": "stdio", "command": "x"}}}`, ""},
		{"claude", `{"servers": {"a": {"url": "https://x"}}}`, `1:2: Claude Code does not read "servers"; its servers are under "mcpServers"`},
		{"claude", `{"servers": {"a": {"port": 1}}, "mcp": true}`, ""},
		{"gemini", "{\"mcp\": {\"allowed\": [\"a\"]}}", ""},
		{"claude", `{"mcpServers": {"my server": {"command": "x"}}}`, `1:17: "my server": Claude Code takes letters, digits, _ and - in a name; give it another name`},
		{"claude", `{"mcpServers": {"a": {"args": []}, "b": true}}`, `1:17: "a": Claude Code finds nothing to start: neither a command nor an address; remove it, or say what is to be started
1:36: "b" is no server: it is not a mapping; remove it`},
		{"codex", "[mcp_servers.a]\ncommand = \"x\"\nalways_allow = [\"b\"]\napproval_mode = \"always\"\n", `3:1: "a": Codex CLI does not read the key always_allow; write default_tools_approval_mode = "approve", or for one tool tools.NAME.approval_mode
4:1: "a": Codex CLI does not read the key approval_mode; write default_tools_approval_mode = "approve", or for one tool tools.NAME.approval_mode`},
		{"codex", "[mcp_servers.a]\nurl = \"https://x\"\nheaders = {A = \"b\"}\n", `3:1: "a": Codex CLI does not read the key headers; write http_headers`},
		{"codex", "[mcpServers.a]\ncommand = \"x\"\n", `1:2: Codex CLI does not read "mcpServers"; its servers are under "mcp_servers"`},
		{"zed", `{"context_servers": {"a": {"command": {"path": "x", "arguments": []}}}}`, `1:22: "a": Zed does not read a mapping in command any more; write "command": "…", "args": […]`},
		{"zed", `{"context_servers": {"mcp-server-x": {"enabled": true, "settings": {}}}}`, ""},
		{"cline", `{"mcpServers": {"a": {"transport": {"type": "stdio", "command": "x"}}}}`, ""},
		{"goose", "extensions:\n  developer: {type: builtin, name: developer, enabled: true, timeout: 300, bundled: true}\n", ""},
		{"amp", `{"mcpServers": {"a": {"command": "x"}}}`, `1:2: Amp does not read "mcpServers"; its servers are under "amp.mcpServers"`},
		{"opencode", `{"mcp": {"a": {"type": "local", "command": ["x"]}}, "mcpServers": {}}`, ""},
	} {
		tgt, file := parse(t, tc.client, tc.text)
		found, err := UnreadIn(tgt, file)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, u := range found {
			lines = append(lines, fmt.Sprintf("%d:%d: %s; %s", u.Pos.Line, u.Pos.Column, u.What, u.Mend))
		}
		if got := strings.Join(lines, "\n"); got != tc.want {
			t.Errorf("%s, %s:\n%s\nwant\n%s", tc.client, tc.text, got, tc.want)
		}
	}
}

// Whatever Loom itself writes is read, and holds no secret.
func TestOwnEntriesAreRead(t *testing.T) {
	for _, tgt := range target.All() {
		for _, l := range []target.Launch{
			{Name: "loom", Command: "/opt/loom", Args: []string{"proxy", "--client", tgt.ID}, AlwaysAllow: []string{"git__log"}},
			{Name: "a", Command: "/opt/a", Env: []target.Var{{Name: "A", Value: "b"}}, Description: "A server"},
			{Name: "b", URL: "https://example.com/mcp", Headers: []target.Var{{Name: "A", Value: "b"}}},
		} {
			entry := tgt.Entry(l)
			if entry == nil {
				continue
			}
			text, _, err := configfile.Change(tgt.Format, nil, []configfile.Edit{{Path: append(slices.Clone(tgt.Key), l.Name), Value: entry}})
			if err != nil {
				t.Fatal(err)
			}
			_, file := parse(t, tgt.ID, string(text))
			if found, err := UnreadIn(tgt, file); err != nil || len(found) > 0 {
				t.Errorf("%s, %s: %+v, %v", tgt.ID, l.Name, found, err)
			}
			values, err := Values(tgt, file)
			if i := slices.IndexFunc(values, func(v Value) bool { return v.Plain }); err != nil || i >= 0 {
				t.Errorf("%s, %s: %+v, %v", tgt.ID, l.Name, values, err)
			}
		}
	}
}

func TestValues(t *testing.T) {
	for _, tc := range []struct{ client, text, want string }{
		{
			"claude", "{\"projects\": {\"/p\": {\"history\": [\"ghp_0123456789abcdefghij\"]}},\n\"mcpServers\": {\n  \"a\": {\n    \"command\": \"x\",\n    \"args\": [\"--token\", \"hunter2\"],\n    \"env\": {\n      \"API_KEY\": \"hunter2\",\n      \"OTHER_KEY\": \"${KEY}\"\n    }\n  }\n}}",
			"5:5 a args; 7:7 a env.API_KEY",
		},
		{"codex", "[mcp_servers.a]\ncommand = \"x\"\nbearer_token_env_var = \"GITHUB_TOKEN\"\nenv_vars = [\"API_KEY\"]\n\n[mcp_servers.a.env]\nAPI_KEY = \"hunter2\"\n", "7:1 a env.API_KEY"},
		{"codex", "[mcp_servers.a]\ncommand = \"x\"\nenv = { MODE = \"fast\", API_KEY = \"hunter2\" }\n", "3:1 a env.API_KEY"},
		{"goose", "extensions:\n  a:\n    cmd: x\n    envs:\n      API_KEY: hunter2\n", "5:7 a envs.API_KEY"},
		{"continue", "mcpServers:\n  - name: a\n    command: x\n    env:\n      API_KEY: hunter2\n", "5:7 a env.API_KEY"},
		{"opencode", `{"mcp": {"a": {"command": ["x", "--api-key=hunter2"], "environment": {"A_TOKEN": "{env:B}"}}}}`, "1:16 a command"},
		{"vscode", `{"inputs": [{"id": "k", "password": true}], "servers": {"a": {"url": "https://x", "headers": {"Authorization": "Bearer ${input:k}", "X-Api-Key": "hunter2"}}}}`, "1:133 a headers.X-Api-Key"},
		{"gemini", `{"mcpServers": {"a": {"httpUrl": "https://x?api_key=hunter2"}}}`, "1:23 a httpUrl"},
	} {
		tgt, file := parse(t, tc.client, tc.text)
		values, err := Values(tgt, file)
		if err != nil {
			t.Fatal(err)
		}
		var plain []string
		for _, v := range values {
			if v.Plain {
				plain = append(plain, fmt.Sprintf("%d:%d %s %s", v.Pos.Line, v.Pos.Column, v.Entry, v.Key))
			}
		}
		if got := strings.Join(plain, "; "); got != tc.want {
			t.Errorf("%s, %s:\n%s, want %s", tc.client, tc.text, got, tc.want)
		}
	}
}

func TestDeadFiles(t *testing.T) {
	var paths []string
	for _, f := range DeadFiles(target.Host{OS: "linux", Home: "/home/me"}) {
		paths = append(paths, f.Target.ID+" "+f.Path)
	}
	for _, want := range []string{"claude /home/me/.claude/mcp.json", "vscode /home/me/Library/Application Support/Code/User/mcp.json"} {
		if !slices.Contains(paths, want) {
			t.Errorf("%s is not among %v", want, paths)
		}
	}
	for _, f := range DeadFiles(target.Host{OS: "darwin", Home: "/Users/me"}) {
		if f.Target.UserFile(target.Host{OS: "darwin", Home: "/Users/me"}) == f.Path {
			t.Errorf("%s is read by %s", f.Path, f.Target.Name)
		}
	}
}

func TestNotApproved(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	host := target.Host{OS: "linux", Home: home}
	claude, _ := target.Find("claude")
	codex, _ := target.Find("codex")
	zed, _ := target.Find("zed")
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(tgt target.Target, waits bool, names ...string) {
		t.Helper()
		if got := NotApproved(tgt, host, dir, names); (got != "") != waits {
			t.Errorf("%s, %v: %q", tgt.ID, names, got)
		}
	}
	check(claude, true, "loom")
	check(codex, true, "loom")
	check(zed, false, "loom")
	write(filepath.Join(home, ".claude.json"), fmt.Sprintf(`{"projects": {%q: {"enabledMcpjsonServers": ["loom"]}}}`, dir))
	check(claude, false, "loom")
	check(claude, true, "loom", "other")
	write(filepath.Join(dir, ".claude", "settings.local.json"), `{"enableAllProjectMcpServers": true}`)
	check(claude, false, "loom", "other")
	write(filepath.Join(home, ".codex", "config.toml"), fmt.Sprintf("[projects.%q]\ntrust_level = \"untrusted\"\n", dir))
	check(codex, true, "loom")
	write(filepath.Join(home, ".codex", "config.toml"), fmt.Sprintf("[projects.%q]\ntrust_level = \"trusted\"\n", dir))
	check(codex, false, "loom")
}
