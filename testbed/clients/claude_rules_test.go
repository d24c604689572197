package clients

import (
	"encoding/json"
	"testing"
)

// rules are a user's permissions and a hook that refuses. A name is a tool's, a glob,
// or whole for all; the hook's is a regular expression.
type rules struct {
	allow, ask, deny []string
	hook             string
}

const whole = "whole"

// settings are the rules as Claude Code reads them.
func (r rules) settings(s claudeServer) string {
	named := func(names []string) []string {
		rules := []string{}
		for _, n := range names {
			if n == whole {
				rules = append(rules, s.whole)
			} else {
				rules = append(rules, s.prefix+n)
			}
		}
		return rules
	}
	settings := map[string]any{"permissions": map[string]any{"allow": named(r.allow), "ask": named(r.ask), "deny": named(r.deny)}}
	if r.hook != "" {
		settings["hooks"] = map[string]any{"PreToolUse": []any{map[string]any{
			"matcher": s.prefix + r.hook,
			"hooks":   []any{map[string]any{"type": "command", "command": "echo no >&2; exit 2"}},
		}}}
	}
	text, err := json.Marshal(settings)
	if err != nil {
		panic(err) // of strings
	}
	return string(text)
}

// claudeRules are checked with a server of Claude Code's own and with one behind
// Loom: a move into Loom is to change the names and nothing else.
var claudeRules = []struct {
	name  string
	rules rules
	want  map[string]string
}{
	{"tools", rules{allow: []string{"echo", "pid", "cwd"}, ask: []string{"pid"}, deny: []string{"cwd"}},
		map[string]string{"echo": ran, "pid": asks, "cwd": hidden, "env": asks}},
	{"allow all", rules{allow: []string{whole}, ask: []string{"pid"}, deny: []string{"cwd"}},
		map[string]string{"echo": ran, "pid": asks, "cwd": hidden, "env": ran}},
	{"ask for all", rules{allow: []string{"echo"}, ask: []string{whole}, deny: []string{"cwd"}},
		map[string]string{"echo": asks, "pid": asks, "cwd": hidden, "env": asks}},
	{"deny all", rules{allow: []string{"echo"}, deny: []string{whole}},
		map[string]string{"echo": hidden, "pid": hidden, "cwd": hidden, "env": hidden}},
	{"globs", rules{allow: []string{"e*"}, deny: []string{"*d"}},
		map[string]string{"echo": ran, "pid": hidden, "cwd": hidden, "env": ran}},
	{"hook", rules{allow: []string{whole}, hook: "(pid|c.*)"},
		map[string]string{"echo": ran, "pid": hooked, "cwd": hooked, "env": ran}},
}

func TestClaudeRules(t *testing.T) {
	for _, s := range []claudeServer{direct, behind} {
		t.Run(s.prefix, func(t *testing.T) {
			w, project := newAgentWorld(t, plain...)
			c := newClaude(w, project)
			if s == direct {
				w.write(".claude.json", directEntry(w))
			} else {
				w.must("sync", "claude")
			}
			for _, r := range claudeRules {
				w.write(".claude/settings.json", r.rules.settings(s))
				c.check(t, s, r.name, r.want)
			}
		})
	}
}
