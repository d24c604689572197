package secret

import (
	"context"
	"fmt"
	"strings"
)

// Store holds secrets by name. Get may be called at the same time as itself.
type Store interface {
	// Get returns an error that wraps [ErrNotFound] if there is no such secret.
	Get(ctx context.Context, name string) (Value, error)
}

// NewLookup joins an environment and a store. env is os.LookupEnv, or a lookup
// in an environment that was saved.
func NewLookup(env func(name string) (string, bool), store Store) Lookup {
	return lookup{env: env, store: store}
}

type lookup struct {
	env   func(string) (string, bool)
	store Store
}

func (l lookup) Env(name string) (string, bool) { return l.env(name) }

func (l lookup) Secret(ctx context.Context, name string) (Value, error) {
	return l.store.Get(ctx, name)
}

// Memory is a [Store] for tests and for values that were just read.
type Memory map[string]Value

// Get implements [Store].
func (m Memory) Get(_ context.Context, name string) (Value, error) {
	v, ok := m[name]
	if !ok {
		return Value{}, ErrNotFound
	}
	return v, nil
}

// FromEnv is a [Store] that reads the secret my-token from the variable
// LOOM_SECRET_MY_TOKEN of env. Names that differ only in case, or in which of
// - . _ they use, share one variable.
func FromEnv(env func(name string) (string, bool)) Store { return envStore(env) }

type envStore func(string) (string, bool)

func (s envStore) Get(_ context.Context, name string) (Value, error) {
	variable := EnvName(name)
	text, ok := s(variable)
	if !ok {
		return Value{}, fmt.Errorf("%s is not in the environment of loomd: %w", variable, ErrNotFound)
	}
	return NewValue(text), nil
}

// EnvName is the variable that [FromEnv] reads for a secret.
func EnvName(name string) string {
	return "LOOM_SECRET_" + strings.NewReplacer("-", "_", ".", "_").Replace(strings.ToUpper(name))
}
