package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/proxy/internal/snippet"
)

// keep puts the secrets of a server into the keyring: those whose values came with
// it, and, where somebody can be asked, the others. It returns those that are still
// missing. One that is there already stays as it is.
func (opts *AddOptions) keep(ctx context.Context, s snippet.Server) (missing []string, err error) {
	if len(s.Secrets) == 0 {
		return nil, nil
	}
	ring, items, err := opts.keyring(s)
	if err != nil {
		return nil, err
	}
	var set []string
	for _, one := range s.Secrets {
		there := hasItem(items, one.Name)
		switch {
		case there && !one.Known:
			opts.IO.Note("%s is the secret %s, which is set already", one.For, one.Name)
			continue
		case !one.Known && opts.inEnvironment(one.Name):
			continue
		case ring == nil:
			missing = append(missing, one.Name)
			continue
		case there && !opts.Force:
			same, err := opts.same(ctx, ring, one)
			if err != nil {
				return nil, err
			}
			if !same {
				return nil, withHint(fmt.Errorf("the secret %s has another value than what is given for %s, and others may use it", one.Name, one.For),
					"--force replaces it; another name for the server gives another secret")
			}
			continue
		}
		value, err := opts.valueOf(ctx, one)
		if err != nil {
			return nil, err
		}
		if value.Reveal() == "" {
			missing = append(missing, one.Name)
			continue
		}
		if err := checkSecret(value.Reveal()); err != nil {
			return nil, err
		}
		item, used, err := opts.put(ctx, ring, one.Name, value)
		if err != nil {
			return nil, err
		}
		ring = used
		set = append(set, one.Name)
		fmt.Fprintf(opts.IO.Out, "%s is in the keyring (%s), as %s\n", one.For, item.Backend, one.Name)
	}
	if len(set) > 0 {
		if _, err := opts.changed(ctx, ring, set...); err != nil {
			return nil, err
		}
	}
	return missing, nil
}

// keyring is nil where there is none, if none is needed now: a container has its
// secrets in the environment.
func (opts *AddOptions) keyring(s snippet.Server) (*ring, []keyring.Item, error) {
	r, err := opts.open()
	var none *launch.ProgramError
	if errors.As(err, &none) && !slices.ContainsFunc(s.Secrets, func(one snippet.Secret) bool { return one.Known }) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	items, err := r.List()
	return r, items, err
}

// inEnvironment reports a secret that a loomd started from here takes from this
// shell.
func (opts *AddOptions) inEnvironment(name string) bool {
	return slices.ContainsFunc(opts.Env, func(kv string) bool { return variableName(kv) == secret.EnvName(name) })
}

// same reports that a secret has the value that was given.
func (opts *AddOptions) same(ctx context.Context, r *ring, one snippet.Secret) (bool, error) {
	now, err := r.Get(ctx, one.Name)
	if errors.Is(err, secret.ErrNotFound) {
		return false, nil
	}
	return err == nil && now.Equal(one.Value), err
}

// valueOf is the value of a secret: it came with the server and may be kept, or it
// is typed now. An empty one is for later.
func (opts *AddOptions) valueOf(ctx context.Context, one snippet.Secret) (secret.Value, error) {
	if opts.Yes {
		return one.Value, nil
	}
	t, err := opts.Terminal()
	if errors.Is(err, errNoTerminal) {
		if one.Known {
			return secret.Value{}, withHint(fmt.Errorf("the value of %s looks like a token, and does not go into the registry", one.For),
				"with --yes it goes into the keyring, as %s; or: loom secret set %s, and --secret %s", one.Name, one.Name, one.For)
		}
		return secret.Value{}, nil
	}
	if err != nil {
		return secret.Value{}, err
	}
	defer t.close()
	if !one.Known {
		v, err := t.hidden(ctx, fmt.Sprintf("Value of %s (empty: later)", one.For))
		if err != nil {
			return secret.Value{}, err
		}
		return v, nil
	}
	yes, err := t.confirm(ctx, "The value of %s looks like a token. Put it into the keyring, as %s?", one.For, one.Name)
	if err != nil {
		return secret.Value{}, err
	}
	if !yes {
		return secret.Value{}, nil
	}
	return one.Value, nil
}
