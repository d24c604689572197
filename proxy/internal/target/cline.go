package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// cline is Cline: the extension of VS Code and the CLI. Since the extension 4 all
// share one file; the one of before is read once and then no more, so it is the last.
// An address without a type is HTTP+SSE. The timeout is in seconds, of each request,
// from 1 to 3600. Sources: docs.cline.bot/mcp/mcp-overview and the code of the
// extension 4.1.13 (mcp-settings-legacy-migration.ts, schemas.ts).
func cline() Target {
	keys := common
	keys.kind, keys.remote, keys.noFolder = "type", "streamableHttp", false
	keys.allow = "autoApprove"
	return Target{
		ID: "cline", Name: "Cline", Proof: Documented, Source: "docs.cline.bot, MCP",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User: func(h Host) []string {
			return append(h.homes(".cline", "data", "settings", "cline_mcp_settings.json"),
				under(h.codeUser("globalStorage", "saoudrizwan.claude-dev", "settings"), "cline_mcp_settings.json")...)
		},
		Programs: []string{"cline"},
		Folders: func(h Host) []string {
			return append(h.homes(".cline"), h.codeUser("globalStorage", "saoudrizwan.claude-dev")...)
		},
		Entry: func(l Launch) configfile.Object {
			return keys.entry(l, configfile.Member{Key: "timeout", Value: int64(600)})
		},
		Found: func(o configfile.Object) (Found, bool) {
			o = flattened(o, "transport")
			f, ok := keys.found(o)
			f.SSE = f.URL != "" && text(o, "type") != "streamableHttp"
			return f, ok
		},
		Refer: noReference,
		After: "nothing: Cline reads the file when it changes; restart loom in its MCP view if it shows old tools",
	}
}

// flattened is o with the members of one mapping in place of it, as the CLI
// writes an entry.
func flattened(o configfile.Object, key string) configfile.Object {
	var out configfile.Object
	for _, m := range o {
		if inner, ok := m.Value.(configfile.Object); ok && m.Key == key {
			out = append(out, inner...)
			continue
		}
		out = append(out, m)
	}
	return out
}
