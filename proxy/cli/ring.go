package cli

import (
	"context"
	"errors"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// ring is the keyring as the commands use it: as [keyring.Client], but for what
// is said of the encrypted file. loom unlock, which mends it for loomd, does
// nothing for a command that opens the file itself.
type ring struct {
	*keyring.Client
	passphrase *passphrase
}

func (r *ring) Get(ctx context.Context, name string) (secret.Value, error) {
	v, err := r.Client.Get(ctx, name)
	return v, ownHint(err)
}

func (r *ring) GetAll(ctx context.Context, names []string) (map[string]secret.Value, error) {
	values, err := r.Client.GetAll(ctx, names)
	return values, ownHint(err)
}

func (r *ring) Set(ctx context.Context, name string, value secret.Value) (keyring.Item, error) {
	item, err := r.Client.Set(ctx, name, value)
	return item, ownHint(err)
}

func (r *ring) Delete(ctx context.Context, name string) error {
	return ownHint(r.Client.Delete(ctx, name))
}

func ownHint(err error) error {
	var failed *keyring.Error
	if !errors.As(err, &failed) || failed.Backend != keyring.File {
		return err
	}
	own := *failed
	switch failed.Code {
	case keyring.CodeLocked:
		own.Hint = "give its passphrase by --passphrase-fd N, or as the systemd credential " + credentialName
	case keyring.CodePassphrase:
		own.Hint = "try again with the right one"
	default:
		return err
	}
	return &own
}
