package cli

import (
	"context"
	"slices"

	"github.com/loom-core/loom/proxy/internal/inventory"
	"github.com/loom-core/loom/registry"
)

// limit writes into the registry what the clients' own files cannot say: tools that one
// of them may not call, and servers that stay with it and are not to run twice. It comes
// before anything of the clients' is changed.
func (opts *ImportOptions) limit(ctx context.Context, layer importLayer, p *importPlan, servers []inventory.Server) error {
	return layer.edit(ctx, func(data []byte) ([]byte, error) {
		for _, c := range p.carried {
			var deny, allow []string
			for _, l := range c.Limits {
				deny = append(deny, l.Deny...)
				if l.Only != nil {
					allow = append(append(allow, l.Only...), opts.others(servers, l.Server)...)
				}
			}
			if len(deny)+len(allow) == 0 {
				continue
			}
			var err error
			if data, _, err = registry.Narrow(data, c.file.Target.ID, deny, allow); err != nil {
				return nil, err
			}
		}
		for _, s := range servers {
			for _, id := range p.held(s) {
				var err error
				if data, _, err = registry.OverrideFor(data, s.Name, id, false); err != nil {
					return nil, err
				}
			}
		}
		return data, nil
	})
}

// others are patterns for all servers but one: a list of what is allowed hides what it
// does not name.
func (opts *ImportOptions) others(servers []inventory.Server, but string) []string {
	var patterns []string
	add := func(name string) {
		if pattern := name + "__*"; name != but && !slices.Contains(patterns, pattern) {
			patterns = append(patterns, pattern)
		}
	}
	if reg, err := opts.Registry(); err == nil {
		for _, s := range reg.Servers {
			if s.Enabled {
				add(string(s.Name))
			}
		}
	}
	for _, s := range servers {
		add(string(s.Name))
	}
	for _, name := range opts.Enable {
		add(name)
	}
	return patterns
}
