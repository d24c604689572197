package pool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/registry"
)

// granted gives a server what it may have, and of all else it says that there
// is no such thing. It names every method of what it stands before: one that is
// added there has to be thought about here.
type granted struct {
	server registry.Server
	from   secret.Lookup
}

func (g granted) Env(name string) (string, bool) {
	if !mayHaveEnv(g.server, name) {
		return "", false
	}
	return g.from.Env(name)
}

func (g granted) Secret(ctx context.Context, name string) (secret.Value, error) {
	if !g.server.MayHaveSecret(name) {
		return secret.Value{}, secret.ErrNotFound
	}
	return g.from.Secret(ctx, name)
}

// SecretFile makes it a [secret.FileLookup], of a lookup that is one.
func (g granted) SecretFile(ctx context.Context, name string) (string, error) {
	if !g.server.MayHaveSecret(name) {
		return "", secret.ErrNotFound
	}
	files, ok := g.from.(secret.FileLookup)
	if !ok {
		return "", errNoFiles
	}
	return files.SecretFile(ctx, name)
}

// mayHaveEnv is [registry.Server.MayHaveEnv], but for the variables that
// secrets come in: a project has to ask for those by their name as a secret.
func mayHaveEnv(s registry.Server, name string) bool {
	return s.MayHaveEnv(name) && (s.Project == "" || !strings.HasPrefix(name, secret.EnvName("")))
}

// given are those of env, "NAME=value", that the server may have.
func given(s registry.Server, env []string) []string {
	if s.Project == "" {
		return env
	}
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return !mayHaveEnv(s, name)
	})
}

// withheld says why a value is missing that is there and was not granted. Any
// other error stays as it is.
func withheld(s registry.Server, err error) error {
	var missing *secret.MissingError
	if s.Project == "" || !errors.As(err, &missing) {
		return err
	}
	name := missing.Ref.Name
	switch {
	case missing.Ref.Kind != secret.Env && !s.MayHaveSecret(name):
		return &WithheldError{Project: s.Project, What: "secret " + name}
	case missing.Ref.Kind == secret.Env && !mayHaveEnv(s, name):
		return &WithheldError{Project: s.Project, What: "variable " + name}
	}
	return err
}

// WithheldError is a secret or variable that a server of a project needs and
// that its user did not grant.
type WithheldError struct{ Project, What string }

func (e *WithheldError) Error() string {
	return fmt.Sprintf("%s was not granted to the project %s", e.What, e.Project)
}
