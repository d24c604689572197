package pool

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/process"
	"github.com/loom-core/loom/registry/trust"
)

// ConfigError is a server that cannot be started as it is described.
type ConfigError struct {
	Server string
	Cause  error
	Hint   string
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("starting server %s: %v", e.Server, e.Cause)
}
func (e *ConfigError) Unwrap() error { return e.Cause }

// specHash is the same for two entries that need the same process, or the same
// session of a remote server.
func specHash(s registry.Server) string {
	return hash(s.Command, s.Args, s.Dir, s.Env, s.URL, s.Headers, s.ClientEnv, s.Limits, s.Share, s.Concurrency, s.Project, s.Granted, s.Bounds.Commands, s.Bounds.URLs)
}

// spec is an entry with its hash.
type spec struct {
	of   registry.Server
	hash string
}

// specLocked is [specHash] from memory: it is asked for at every call, and an
// entry changes at a reload only.
func (p *Pool) specLocked(s registry.Server) string {
	name := s.ID()
	if last, ok := p.specs[name]; ok && sameSpec(last.of, s) {
		return last.hash
	}
	h := specHash(s)
	p.specs[name] = spec{of: s, hash: h}
	return h
}

// sameSpec compares what [specHash] covers.
func sameSpec(a, b registry.Server) bool {
	return a.Command == b.Command && a.Dir == b.Dir && a.URL == b.URL && a.Limits == b.Limits &&
		a.Share == b.Share && a.Concurrency == b.Concurrency &&
		slices.Equal(a.Args, b.Args) && slices.Equal(a.Env, b.Env) &&
		slices.Equal(a.Headers, b.Headers) && slices.Equal(a.ClientEnv, b.ClientEnv) &&
		a.Project == b.Project && slices.Equal(a.Granted.Secrets, b.Granted.Secrets) && slices.Equal(a.Granted.Env, b.Granted.Env) &&
		slices.Equal(a.Bounds.Commands, b.Bounds.Commands) && slices.Equal(a.Bounds.URLs, b.Bounds.URLs)
}

func hash(values ...any) string {
	raw, err := json.Marshal(values)
	if err != nil {
		panic(fmt.Sprintf("hashing %d values: %v", len(values), err)) // strings and numbers; what they are is nobody's business
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16])
}

// Key says what a server is: its definitions are good as long as it stays the
// same. It covers the binary, the arguments, variables with their values, and
// of secrets the names.
func (p *Pool) Key(ctx context.Context, s registry.Server) (string, error) {
	spec, err := p.resolve(ctx, s, Sharing{}, nameOnly{p.opts.Lookup})
	if err != nil {
		return "", err
	}
	if s.URL != "" {
		return hash(s.URL, s.Headers), nil
	}
	fi, err := os.Stat(spec.Path)
	if err != nil {
		return "", &ConfigError{Server: s.ID(), Cause: err}
	}
	return hash(spec.Path, fi.Size(), fi.ModTime().UnixNano(), s.Args, spec.Env[len(p.opts.Environ):]), nil
}

// nameOnly gives every secret its name as value.
type nameOnly struct{ secret.Lookup }

func (nameOnly) Secret(_ context.Context, name string) (secret.Value, error) {
	return secret.NewValue(name), nil
}

func (nameOnly) SecretFile(_ context.Context, name string) (string, error) { return name, nil }

// resolve turns an entry of the registry into what a process is started from.
func (p *Pool) resolve(ctx context.Context, s registry.Server, sharing Sharing, lookup secret.Lookup) (child.Spec, error) {
	if s.Project != "" {
		lookup = granted{s, lookup}
	}
	fail := func(cause error, hint string) (child.Spec, error) {
		cause = withheld(s, cause)
		var not *WithheldError
		if errors.As(cause, &not) {
			hint = trust.Command(not.Project)
		}
		return child.Spec{}, &ConfigError{Server: s.ID(), Cause: cause, Hint: hint}
	}
	if s.URL != "" {
		spec, err := p.reach(s, func(text string) (string, bool, error) {
			value, present, err := process.Expand(ctx, text, lookup)
			return value, present, withheld(s, err)
		})
		if err != nil {
			return fail(err, "")
		}
		return spec, nil
	}
	host := process.Host{
		Program: "loomd", Beside: p.opts.Beside, Environ: p.opts.Environ,
		Client: given(s, sharing.Env), Dir: cmp.Or(sharing.Dir, s.Project, p.opts.Home),
	}
	of, err := process.Resolve(ctx, s, host, lookup)
	err = withheld(s, err)
	var notFound *process.NotFoundError
	var forbidden *process.ForbiddenError
	switch {
	case errors.As(err, &notFound):
		return fail(err, "loom logs loomd; loom start saves your shell's PATH for loomd")
	case errors.As(err, &forbidden):
		return fail(err, "ask whoever looks after this machine")
	case err != nil:
		return fail(err, "")
	}
	return child.Spec{
		Server: s.ID(), Path: of.Path, Args: of.Args, Env: of.Env, Dir: of.Dir,
		Version: p.opts.Version, Timeouts: p.opts.Timeouts,
	}, nil
}
