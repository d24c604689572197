package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	library "github.com/99designs/keyring"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// The file backend is a folder with an encrypted file for each secret, and one
// more, which no secret can be named as: it proves a passphrase before anything
// is written under it.
const checkItem = ".check"

var file = backend{
	look: func(_ context.Context, req core.Request) state {
		switch there, err := written(req.Dir); {
		case err != nil:
			return state{why: err.Error(), err: err}
		case len(there) == 0:
			return state{why: "it is not set up: loom secret set NAME --backend file does that"}
		case req.Passphrase == "":
			return state{available: true, locked: true, why: "it needs its passphrase"}
		}
		return state{available: true}
	},
	open: func(req core.Request) (ring, error) {
		there, err := written(req.Dir)
		if err != nil {
			return nil, err
		}
		if len(there) == 0 {
			return nil, notSetUp()
		}
		return &fileRing{dir: req.Dir, passphrase: req.Passphrase}, nil
	},
}

func notSetUp() *failure {
	f := fail(core.CodeLocked, "it is not set up")
	f.Hint = "loom secret set NAME --backend file sets it up, and asks for a passphrase"
	return f
}

// written are the names of the files that there are, the check first.
func written(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted, and a dot comes before all that begins a name
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if name := e.Name(); e.Type().IsRegular() && (name == checkItem || secret.ValidName(name)) {
			names = append(names, name)
		}
	}
	return names, err
}

type fileRing struct {
	dir, passphrase string
	proven          bool
}

// in is the library's ring over a folder.
func (r *fileRing) in(dir string) (shelf, error) {
	stretch()
	lib, err := open(core.File, library.Config{FileDir: dir, FilePasswordFunc: library.FixedStringPrompt(r.passphrase)})
	return shelf{lib, ""}, err
}

// prove tries the passphrase on what is there: one store never has two.
func (r *fileRing) prove() error {
	if r.passphrase == "" {
		return fail(core.CodeLocked, "it needs its passphrase")
	}
	if r.proven {
		return nil
	}
	names, err := written(r.dir)
	if err != nil {
		return err
	}
	store, err := r.in(r.dir)
	if err != nil {
		return err
	}
	damaged := ""
	for _, name := range names {
		path := filepath.Join(r.dir, name)
		if ok, err := sealed(path); err != nil {
			return err
		} else if !ok {
			damaged = path
			continue
		}
		if _, err := store.get(name); err != nil {
			return fail(core.CodePassphrase, "the passphrase is wrong")
		}
		r.proven = true
		return nil
	}
	if damaged != "" {
		return fail(core.CodeFailed, "%s is damaged, and nothing else there can prove a passphrase", damaged)
	}
	return notSetUp()
}

// unlock proves the passphrase, and with create sets an empty store up with it.
func (r *fileRing) unlock(create bool) error {
	names, err := written(r.dir)
	if err != nil {
		return err
	}
	if len(names) == 0 && !create {
		return notSetUp()
	}
	if len(names) > 0 {
		if err := r.prove(); err != nil || names[0] == checkItem {
			return err
		}
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return err
	}
	return r.write(checkItem, []byte(service))
}

func (r *fileRing) get(name string) ([]byte, error) {
	path := filepath.Join(r.dir, name)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, errAbsent // which is known without a passphrase
	}
	if err := r.prove(); err != nil {
		return nil, err
	}
	store, err := r.in(r.dir)
	if err != nil {
		return nil, err
	}
	value, err := store.get(name)
	if err != nil {
		return nil, fail(core.CodeFailed, "%s is damaged, or was encrypted with another passphrase", path)
	}
	return value, nil
}

func (r *fileRing) set(name string, value []byte) error {
	if err := r.prove(); err != nil {
		return err
	}
	return r.write(name, value)
}

func (r *fileRing) remove(name string) error {
	err := os.Remove(filepath.Join(r.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return errAbsent
	}
	if err != nil {
		return fmt.Errorf("removing a secret: %w", err)
	}
	return flush(r.dir)
}

func (r *fileRing) names() ([]string, error) { return written(r.dir) }
