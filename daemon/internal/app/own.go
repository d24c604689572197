package app

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// ownStatus is the result of loom__status.
func (a *App) ownStatus() []byte {
	s := a.status()
	var b strings.Builder
	fmt.Fprintf(&b, "loomd %s, up %s, %d clients\n", s.Version, time.Since(s.Started).Round(time.Second), len(s.Sessions))
	if s.RegistryError != "" {
		fmt.Fprintf(&b, "registry: the last reload failed, the one before serves: %s\n", s.RegistryError)
	}
	for _, server := range s.Servers {
		state := "stopped"
		switch {
		case !server.Enabled:
			state = "disabled"
		case len(server.Instances) > 0:
			state = server.Instances[0].State
		}
		fmt.Fprintf(&b, "%s: %s, %d tools\n", server.Name, state, server.Tools)
		if server.LastError != "" {
			fmt.Fprintf(&b, "  last error: %s (loom logs %s)\n", server.LastError, server.Name)
		}
	}
	raw, err := json.Marshal(map[string]any{"content": []any{map[string]any{"type": "text", "text": b.String()}}})
	if err != nil {
		return []byte(`{"content":[]}`) // strings only: cannot happen
	}
	return raw
}
