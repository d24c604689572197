package cli

import (
	"context"
	"slices"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/proxy/internal/inventory"
	"github.com/loom-core/loom/registry"
)

// undo takes back what was done for servers that did not answer: they stay with
// their clients, and run there alone.
func (opts *ImportOptions) undo(ctx context.Context, layer importLayer, conn *Conn, failed []inventory.Server, added []registry.ServerName, set []string) error {
	var names []registry.ServerName
	var secrets []string
	for _, s := range failed {
		if slices.Contains(added, s.Name) {
			names = append(names, s.Name)
		}
		for _, one := range s.Secrets {
			if slices.Contains(set, one.Name) {
				secrets = append(secrets, one.Name)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	err := layer.edit(ctx, func(data []byte) ([]byte, error) {
		for _, name := range names {
			var err error
			if data, _, err = registry.Remove(layer.path, data, name, false); err != nil {
				return nil, err
			}
		}
		return data, nil
	})
	if err != nil {
		return err
	}
	if _, err := reload(ctx, opts.IO, conn); err != nil {
		return err
	}
	file, err := opts.RegistryFile()
	if err != nil {
		return err
	}
	reg, err := file.load(opts.Dirs)
	if err != nil {
		return err
	}
	ring, err := opts.keyring()
	if err != nil {
		return err
	}
	for _, name := range secrets {
		used := slices.ContainsFunc(reg.Servers, func(s registry.Server) bool {
			for _, ref := range s.SecretRefs() {
				if ref.Name == name {
					return true
				}
			}
			return false
		})
		if used {
			continue
		}
		if err := ring.Delete(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// load reads all layers anew.
func (r RegistryFile) load(dirs func() (localsock.Dirs, error)) (*registry.Registry, error) {
	d, err := dirs()
	if err != nil {
		return nil, err
	}
	return r.sources(d).Load()
}
