package rules

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

func TestForbidden(t *testing.T) {
	const (
		managed = "/etc/claude-code/managed-settings.json"
		mcp     = "/etc/claude-code/managed-mcp.json"
		user    = "/home/u/.claude/settings.json"
	)
	argv := []string{"/bin/loom", "proxy", "--client", "claude"}
	for _, tc := range []struct {
		name string
		file map[string]string
		want string // a part; empty: not forbidden
	}{
		{"nothing", nil, ""},
		{"allowed", map[string]string{managed: `{"allowedMcpServers": [{"serverName": "loom"}]}`}, ""},
		{"another", map[string]string{managed: `{"allowedMcpServers": [{"serverName": "github"}]}`}, managed + ":1:2: allowedMcpServers does not name loom"},
		{"none", map[string]string{managed: `{"allowedMcpServers": []}`}, "does not name loom"},
		{"joined", map[string]string{managed: `{"allowedMcpServers": []}`, user: `{"allowedMcpServers": [{"serverName": "loom"}]}`}, ""},
		{"managed alone", map[string]string{managed: `{"allowManagedMcpServersOnly": true, "allowedMcpServers": []}`, user: `{"allowedMcpServers": [{"serverName": "loom"}]}`}, "does not name loom"},
		{"users' own", map[string]string{user: `{"allowedMcpServers": [{"serverName": "x"}]}`}, user},
		{"a command beats names", map[string]string{managed: `{"allowedMcpServers": [{"serverName": "loom"}, {"serverCommand": ["npx"]}]}`}, "does not name loom"},
		{"its command", map[string]string{managed: `{"allowedMcpServers": [{"serverCommand": ["/bin/loom", "proxy", "--client", "claude"]}]}`}, ""},
		{"denied", map[string]string{managed: `{"deniedMcpServers": [{"serverName": "loom"}]}`}, managed + ":1:23: deniedMcpServers names loom"},
		{"no glob", map[string]string{managed: `{"deniedMcpServers": [{"serverName": "lo*"}]}`}, ""},
		{"case", map[string]string{managed: `{"deniedMcpServers": [{"serverName": "Loom"}]}`}, ""},
		{"its own servers", map[string]string{mcp: `{}`}, mcp + " says which servers"},
		{"loom among them", map[string]string{mcp: `{"mcpServers": {"loom": {}}}`}, ""},
	} {
		var files []File
		for _, l := range Locations("claude", host, nil) {
			if data, ok := tc.file[l.Path]; ok {
				files = append(files, File{l.Path, l.Format, l.Owner, l.Dir, []byte(data)})
			}
		}
		got := Forbidden("claude", files, argv)
		if got == "" != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	for data, want := range map[string]bool{
		"":                   false,
		"[mcp_servers]\n":    true,
		"mcp_servers = {}\n": true,
		"[mcp_servers.loom.identity]\ncommand = \"/bin/loom\"\n": false,
		"[mcp_servers.loom.identity]\ncommand = \"loom\"\n":      true,
	} {
		file := File{Path: "/etc/codex/requirements.toml", Format: configfile.TOML, Owner: Managed, Data: []byte(data)}
		if got := Forbidden("codex", []File{file}, argv); got != "" != want {
			t.Errorf("codex: %s: %q", data, got)
		}
	}
	if got := Forbidden("amp", []File{{Format: configfile.JSONC}}, argv); got != "" {
		t.Errorf("amp: %q", got)
	}
}

func TestLocations(t *testing.T) {
	darwin := host
	darwin.OS = "darwin"
	all := Locations("claude", darwin, []string{"/home/u"})
	if all[0].Path != "/Library/Application Support/ClaudeCode/managed-settings.json" || all[0].Owner != Managed {
		t.Errorf("managed: %+v", all[0])
	}
	owner := map[string]Owner{}
	for _, l := range all {
		if _, twice := owner[l.Path]; twice {
			t.Errorf("%s comes twice", l.Path)
		}
		owner[l.Path] = l.Owner
	}
	if owner["/home/u/.claude/settings.json"] != User || owner["/home/u/.claude/settings.local.json"] != Local {
		t.Errorf("a home that is a project: %v", owner)
	}
	if got := Locations("nobody", host, nil); got != nil {
		t.Errorf("nobody: %v", got)
	}
}
