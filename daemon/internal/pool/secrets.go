package pool

import (
	"context"
	"errors"
	"slices"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/vault"
	"github.com/loom-core/loom/registry"
)

// secrets are what one start may look up: the secrets that its entry names and
// no others, got at once.
type secrets struct {
	secret.Lookup
	pool   *Pool
	folder *vault.Folder // nil: no secret is read from a file
}

// secrets gets the secrets of a server. It may take as long as the keyring does.
func (p *Pool) secrets(s registry.Server) (*secrets, error) {
	out := &secrets{Lookup: p.opts.Lookup, pool: p}
	refs := slices.DeleteFunc(s.SecretRefs(), func(r secret.Ref) bool { return !s.MayHaveSecret(r.Name) })
	if p.opts.Vault == nil || len(refs) == 0 {
		return out, nil
	}
	store, err := p.opts.Vault.Fetch(p.ctx, refs)
	if err != nil {
		if p.ctx.Err() != nil {
			return nil, ErrRetired
		}
		return nil, &ConfigError{Server: s.ID(), Cause: err} // whoever unlocks it wants to see that at once
	}
	out.Lookup = secret.NewLookup(p.opts.Lookup.Env, store)
	return out, nil
}

var errNoFiles = errors.New("loomd has no folder for the files of secrets; loom logs loomd says why")

// SecretFile makes it a [secret.FileLookup].
func (s *secrets) SecretFile(ctx context.Context, name string) (string, error) {
	value, err := s.Secret(ctx, name)
	if err != nil {
		return "", err
	}
	if s.pool.opts.Files == nil {
		return "", errNoFiles
	}
	if s.folder == nil {
		s.folder = s.pool.opts.Files.Folder()
	}
	return s.folder.Put(name, value)
}

// end removes the files.
func (s *secrets) end() {
	if s.folder == nil {
		return
	}
	if err := s.folder.Remove(); err != nil {
		s.pool.opts.Log.Warn("the files of a server's secrets are still there; the next start of loomd removes them", "err", err)
	}
}
