package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/loom-core/loom/core/secret"
)

// reveal is a secret that a client's file gets back.
func (opts *SecretOptions) reveal(ctx context.Context) func(string) (secret.Value, error) {
	open := sync.OnceValues(opts.open)
	return func(name string) (secret.Value, error) {
		ring, err := open()
		if err != nil {
			return secret.Value{}, err
		}
		v, err := ring.Get(ctx, name)
		if errors.Is(err, secret.ErrNotFound) {
			return v, withHint(fmt.Errorf("the secret %s is not in the keyring any more", name), "loom secret set %s", name)
		}
		return v, err
	}
}
