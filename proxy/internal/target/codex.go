package target

import (
	"path/filepath"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// codex is the Codex CLI. Seen with 0.169.0: it gives its servers 12 variables,
// expands nothing in the file, and ignores keys that it does not know.
func codex() Target {
	keys := common
	keys.enabled, keys.disabled, keys.noFolder = "enabled", "", false
	keys.headers = "http_headers"
	return Target{
		ID: "codex", Name: "Codex CLI", Proof: Proven, Source: "Codex CLI 0.169.0, codex app-server",
		Format: configfile.TOML, Key: []string{"mcp_servers"},
		User: func(h Host) []string {
			if h.CodexHome != "" {
				return []string{filepath.Join(h.CodexHome, "config.toml")}
			}
			return []string{h.home(".codex", "config.toml")}
		},
		Project:  []string{".codex/config.toml"},
		Programs: []string{"codex"},
		Folders:  func(h Host) []string { return []string{h.home(".codex")} },
		Entry: func(l Launch) configfile.Object {
			passed, own := codexPassed(l.Env)
			l.Env = own
			o := keys.entry(l,
				configfile.Member{Key: "startup_timeout_sec", Value: int64(20)},
				// Its own limit is a minute; Loom has one for each server.
				configfile.Member{Key: "tool_timeout_sec", Value: int64(600)})
			if len(l.AlwaysAllow) > 0 && o != nil {
				tools := configfile.Object{}
				for _, name := range l.AlwaysAllow {
					tools = append(tools, configfile.Member{Key: name, Value: configfile.Object{{Key: "approval_mode", Value: "approve"}}})
				}
				o = append(o, configfile.Member{Key: "tools", Value: tools})
			}
			if len(passed) > 0 && o != nil {
				o = append(o, configfile.Member{Key: "env_vars", Value: list(passed)})
			}
			return o
		},
		Found: func(o configfile.Object) (Found, bool) {
			f, ok := keys.found(o)
			for _, name := range texts(o, "env_vars") { // taken from Codex's own environment
				f.Env = append(f.Env, Var{name, codexForwarded + name})
			}
			if text(o, "bearer_token_env_var") != "" {
				f.Headers = append(f.Headers, Var{"Authorization", "Bearer " + codexForwarded + text(o, "bearer_token_env_var")})
			}
			return f, ok
		},
		Refer: Refer{Open: codexForwarded, Same: true},
		After: "start a new Codex session", InProject: "start a new Codex session in this folder and trust it when it asks: the file counts only then",
	}
}

// codexForwarded marks a variable that env_vars passes on: there is no syntax for
// one in the file, so nothing else can be taken for it.
const codexForwarded = "\x00env:"

// codexPassed are the names of variables that are passed on, and the other variables.
func codexPassed(env []Var) (names []string, own []Var) {
	for _, v := range env {
		if v.Value == codexForwarded+v.Name {
			names = append(names, v.Name)
		} else {
			own = append(own, v)
		}
	}
	return names, own
}
