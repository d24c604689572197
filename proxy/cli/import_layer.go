package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/trust"
)

// importLayer is the file of the registry that entries are written into: the user's,
// or that of a project whose clients' files are taken over.
type importLayer struct {
	path      string
	mustExist bool
	check     func(after []byte) error                      // with all other layers
	wrote     func(ctx context.Context, after []byte) error // nil: nothing more to do
}

func (opts *ImportOptions) project() bool { return opts.Sync.Scope == string(clientsync.Project) }

func (opts *ImportOptions) layer() (importLayer, error) {
	if opts.project() {
		return opts.projectLayer()
	}
	file, err := opts.RegistryFile()
	if err != nil {
		return importLayer{}, err
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return importLayer{}, err
	}
	return importLayer{path: file.Path, mustExist: file.Named, check: func(after []byte) error {
		_, err := file.sources(dirs).LoadWith(after)
		return err
	}}, nil
}

// projectLayer is .loom/registry.yaml of the folder. Accepting the plan is what loom
// trust asks for: it shows what would run, and the file is pinned as it was written.
func (opts *ImportOptions) projectLayer() (importLayer, error) {
	dir := opts.Sync.Dir
	if err := trust.CheckDir(dir); err != nil {
		return importLayer{}, err
	}
	reg, err := opts.Registry()
	if err != nil {
		return importLayer{}, err
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return importLayer{}, err
	}
	parse := func(data []byte) (*registry.Project, registry.Granted, error) {
		p, err := registry.ParseProject(dir, data)
		if err != nil {
			return nil, registry.Granted{}, err
		}
		return p, registry.Granted{Secrets: p.Secrets(), Env: p.EnvNames()}, nil
	}
	return importLayer{
		path: registry.ProjectFile(dir),
		check: func(after []byte) error {
			p, granted, err := parse(after)
			if err == nil {
				_, err = reg.With(p, granted)
			}
			return err
		},
		wrote: func(ctx context.Context, after []byte) error {
			p, granted, err := parse(after)
			if err != nil {
				return err
			}
			e := trust.Entry{Hash: p.Hash, Secrets: granted.Secrets, Env: granted.Env, Time: opts.Now().UTC().Truncate(time.Second), File: string(after)}
			if err := trust.Update(trust.Path(dirs.State), func(s *trust.Store) error { s.Trust(dir, e); return nil }); err != nil {
				return err
			}
			if _, err := lookAgain(ctx, opts.Dial, dir); err != nil {
				return notTold(fmt.Sprintf("%s is trusted", visible(dir)), err)
			}
			return nil
		},
	}, nil
}

// joint is the registry that the plan is compared with: in a project its servers
// count, too. One whose registry the user has not agreed to is not touched.
func (opts *ImportOptions) joint() (*registry.Registry, error) {
	reg, err := opts.Registry()
	if err != nil || !opts.project() {
		return reg, err
	}
	dir := opts.Sync.Dir
	if home, err := os.UserHomeDir(); err == nil && filepath.Clean(home) == filepath.Clean(dir) {
		return nil, fmt.Errorf("%s is your home directory, which is no project", visible(dir))
	}
	data, err := registry.ReadProject(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return reg, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := registry.ParseProject(dir, data)
	if err != nil {
		return nil, err
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return nil, err
	}
	store, err := trust.Load(trust.Path(dirs.State))
	if err != nil {
		return nil, err
	}
	if store.State(dir, p.Hash) != trust.Trusted {
		return nil, withHint(fmt.Errorf("%s has a registry that you have not agreed to", visible(dir)), "%s shows what it would run", trust.Command(dir))
	}
	return reg.With(p, registry.Granted{Secrets: p.Secrets(), Env: p.EnvNames()})
}

// edit changes a layer, also when another loom does the same.
func (l importLayer) edit(ctx context.Context, change func([]byte) ([]byte, error)) error {
	for try := 1; ; try++ {
		before, err := os.ReadFile(l.path)
		if err != nil && (l.mustExist || !errors.Is(err, fs.ErrNotExist)) {
			return fmt.Errorf("reading registry: %w", err)
		}
		after, err := change(before)
		if err != nil {
			return err
		}
		if string(after) == string(before) {
			return nil
		}
		if err := l.check(after); err != nil {
			return err
		}
		err = replaceIfSame(l.path, before, after)
		if errors.Is(err, errElsewhere) && try < addTries {
			continue
		}
		if err != nil {
			return fmt.Errorf("writing registry: %w", err)
		}
		if l.wrote == nil {
			return nil
		}
		return l.wrote(ctx, after)
	}
}
