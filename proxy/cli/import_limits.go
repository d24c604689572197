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
	reg, err := opts.joint()
	if err != nil {
		return err
	}
	return layer.edit(ctx, func(data []byte) ([]byte, error) {
		var err error
		for _, c := range p.carried {
			if data, err = opts.narrow(reg, layer.path, data, c, servers); err != nil {
				return nil, err
			}
		}
		for _, s := range servers {
			for _, id := range p.held(s) {
				if data, _, err = registry.OverrideFor(data, s.Name, id, false); err != nil {
					return nil, err
				}
			}
		}
		return data, nil
	})
}

// narrow writes the limits of one client. Its lists take the place of those of an
// earlier layer, so these are written out.
func (opts *ImportOptions) narrow(reg *registry.Registry, path string, data []byte, c carried, servers []inventory.Server) ([]byte, error) {
	id := c.file.Target.ID
	now, known := reg.Clients[id]
	deny, only := c.denied(), c.allowed()
	allow := only
	switch {
	case len(now.Allow) > 0: // what is not named is hidden, and the client had these
		for _, s := range servers {
			if slices.Contains(clientsOf(s), id) && !c.limits(string(s.Name)) {
				allow = append(allow, string(s.Name)+"__*")
			}
		}
	case len(only) > 0: // the list is begun: it must not hide all others
		allow = append(allow, opts.others(servers, c)...)
	}
	if len(deny)+len(allow) == 0 {
		return data, nil
	}
	own, err := registry.ParseLayer(path, data)
	if err != nil {
		return nil, err
	}
	if _, here := own.Clients[id]; known && !here {
		if data, _, err = registry.SetClient(data, id, now.Profile); err != nil {
			return nil, err
		}
		deny, allow = append(deny, now.Deny...), append(allow, slices.Concat(now.Allow...)...)
	}
	data, _, err = registry.Narrow(data, id, deny, allow)
	return data, err
}

// denied are the patterns that the client may not call.
func (c carried) denied() (deny []string) {
	for _, l := range c.Limits {
		deny = append(deny, l.Deny...)
	}
	return deny
}

// allowed are the patterns of servers of which the client gets nothing else.
func (c carried) allowed() (only []string) {
	for _, l := range c.Limits {
		only = append(only, l.Only...)
	}
	return only
}

// limits reports a server of which the client gets only some tools.
func (c carried) limits(server string) bool {
	for _, l := range c.Limits {
		if l.Server == server && l.Only != nil {
			return true
		}
	}
	return false
}

// others are patterns for all servers of which the client is to get everything.
func (opts *ImportOptions) others(servers []inventory.Server, c carried) []string {
	var patterns []string
	add := func(name string) {
		if pattern := name + "__*"; !c.limits(name) && !slices.Contains(patterns, pattern) {
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
