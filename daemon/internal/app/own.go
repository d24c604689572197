package app

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/core/loomrpc"
)

// ownStatus is the result of loom__status, for the sessions of a client in that
// project: of what others have it says nothing.
func (a *App) ownStatus(project, client string) []byte {
	s := a.status()
	for _, p := range s.Projects {
		if p.Dir == project {
			s.Servers = append(s.Servers, p.Servers...)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "loomd %s, up %s, %d clients\n", s.Version, time.Since(s.Started).Round(time.Second), len(s.Sessions))
	if s.RegistryError != "" {
		fmt.Fprintf(&b, "registry: the last reload failed, the one before serves: %s\n", s.RegistryError)
	}
	if note := a.hub.Scope(project).Note; note != "" {
		b.WriteString(note + "\n")
	}
	for _, server := range seenBy(client, s.Servers) {
		state := "stopped"
		switch {
		case !server.Enabled:
			state = "disabled"
		case len(server.Instances) > 0:
			state = server.Instances[0].State
		}
		fmt.Fprintf(&b, "%s: %s, %d tools\n", server.Name, state, server.Tools)
		if server.LastError != "" {
			fmt.Fprintf(&b, "  last error: %s (loom logs %s)\n", server.LastError, cmp.Or(server.ID, server.Name))
		}
	}
	raw, err := json.Marshal(map[string]any{"content": []any{map[string]any{"type": "text", "text": b.String()}}})
	if err != nil {
		return []byte(`{"content":[]}`) // strings only: cannot happen
	}
	return raw
}

// seenBy are the servers that a client has: of each name its own, else the one that
// all have.
func seenBy(client string, servers []loomrpc.ServerStatus) []loomrpc.ServerStatus {
	own := map[string]bool{}
	for _, s := range servers {
		if s.Client != "" && s.Client == client {
			own[s.Name] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(servers), func(s loomrpc.ServerStatus) bool {
		if own[s.Name] {
			return s.Client != client
		}
		return s.Client != ""
	})
}
