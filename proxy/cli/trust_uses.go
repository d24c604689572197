package cli

import (
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/trust"
)

// trustedServers are the servers of all projects that are trusted, as they are
// now, with what they may have. What cannot be read has none that run.
func trustedServers(dirs localsock.Dirs) (servers []registry.Server) {
	store, err := trust.Load(trust.Path(dirs.State))
	if err != nil {
		return nil
	}
	for _, dir := range store.Dirs() {
		data, err := registry.ReadProject(dir)
		if err != nil || store.State(dir, hashOf(data)) != trust.Trusted {
			continue
		}
		p, err := registry.ParseProject(dir, data)
		if err != nil {
			continue
		}
		agreed, _ := store.Entry(dir)
		for _, s := range p.Servers() {
			s.Granted = registry.Granted{Secrets: agreed.Secrets, Env: agreed.Env}
			servers = append(servers, s)
		}
	}
	return servers
}
