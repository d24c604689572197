package cli

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/registry"
)

// checkLimits compares what the clients see through Loom with what each takes.
func (opts *ValidateConfigsOptions) checkLimits(ctx context.Context, seen *reviewed) error {
	if len(seen.clients) == 0 {
		return nil
	}
	reg, err := opts.Registry()
	if err != nil {
		seen.add(severityNote, registry.Position{}, "loom validate", "the number and the names of tools were not checked: the registry is not valid")
		return nil
	}
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		seen.add(severityNote, registry.Position{}, "loom start", "the number and the names of tools were not checked: loomd does not run")
		return nil
	}
	if err != nil {
		return err
	}
	tools := map[string][]loomrpc.Tool{} // by profile
	cut := map[string][]string{}         // by the whole name of a tool: the clients that see another one
	for _, t := range seen.clients {
		profile, err := reg.ProfileFor(t.ID, "")
		if err != nil {
			return err
		}
		name := profileName(reg, t.ID)
		if _, asked := tools[name]; !asked {
			var reply loomrpc.ToolsReply
			if err := conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{Profile: name}, &reply); err != nil {
				return err
			}
			tools[name] = reply.Tools
		}
		if n := len(tools[name]); t.MaxTools > 0 && n > t.MaxTools {
			seen.add(severityWarning, profile.Pos, "loom tools --tokens shows what nobody calls; or tools: search in its profile", "%s sees %d tools, and takes at most %d", t.Name, n, t.MaxTools)
		}
		for _, tool := range tools[name] {
			if whole := wholeName(reg, tool); len(whole) > cmp.Or(t.MaxName, longestName) {
				cut[whole] = append(cut[whole], t.Name)
			}
		}
	}
	for _, whole := range slices.Sorted(maps.Keys(cut)) {
		server, tool, _ := strings.Cut(whole, separator)
		s, _ := reg.Server(registry.ServerName(server))
		seen.add(severityWarning, s.Pos, "a shorter one: tools: {"+tool+": {alias: …}}", "%s has %d characters: it is cut, with a hash, for %s", whole, len(whole), strings.Join(cut[whole], ", "))
	}
	return nil
}

// wholeName is the name that a tool would have if no client had a limit; empty for
// one that is not of a server.
func wholeName(reg *registry.Registry, tool loomrpc.Tool) string {
	s, ok := reg.Server(registry.ServerName(tool.Server))
	if !ok {
		return ""
	}
	alias, _ := s.ToolAs(tool.Tool)
	return tool.Server + separator + cmp.Or(alias, tool.Tool)
}
