package keyring

import (
	"context"
	"errors"
	"slices"
	"strings"

	library "github.com/99designs/keyring"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// service is the name under which backends know us.
const service = "loom"

// ring is an open backend. What is not there is [errAbsent].
type ring interface {
	get(name string) ([]byte, error)
	set(name string, value []byte) error
	remove(name string) error
	names() ([]string, error) // of any form, in any order
}

// state is what is known of a backend without opening it.
type state struct {
	available bool
	locked    bool   // somebody, or a passphrase, has to open it
	why       string // why it is not available, or how it is locked
	// err is a backend of which nothing can be known: it may be the one that has
	// everything, so nobody chooses another in its place.
	err error
}

// backend is one place that holds secrets.
type backend struct {
	// look says how it is. It asks nobody for anything, and it ends with ctx.
	look func(ctx context.Context, req core.Request) state
	// open opens it, or says that it is locked. Where there is a display it may
	// wait for a person.
	open func(req core.Request) (ring, error)
}

// open opens one backend of the library with these settings.
func open(name core.Backend, config library.Config) (library.Keyring, error) {
	config.AllowedBackends = []library.BackendType{library.BackendType(name)}
	config.ServiceName = service
	return library.Open(config)
}

// linked reports whether this build, on this system, has a backend.
func linked(name core.Backend) bool {
	return slices.Contains(library.AvailableBackends(), library.BackendType(name))
}

// shelf is a ring of the library whose items have a prefix, for backends that
// others use too.
type shelf struct {
	library library.Keyring
	prefix  string
}

func (s shelf) get(name string) ([]byte, error) {
	item, err := s.library.Get(s.prefix + name)
	if errors.Is(err, library.ErrKeyNotFound) {
		return nil, errAbsent
	}
	return item.Data, err
}

func (s shelf) set(name string, value []byte) error {
	return s.library.Set(library.Item{Key: s.prefix + name, Data: value, Label: "Loom: " + name, Description: "a secret of Loom"})
}

func (s shelf) remove(name string) error {
	err := s.library.Remove(s.prefix + name)
	if errors.Is(err, library.ErrKeyNotFound) {
		return errAbsent
	}
	return err
}

func (s shelf) names() ([]string, error) {
	keys, err := s.library.Keys()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, key := range keys {
		if name, ok := strings.CutPrefix(key, s.prefix); ok && secret.ValidName(name) {
			names = append(names, name)
		}
	}
	return names, nil
}
