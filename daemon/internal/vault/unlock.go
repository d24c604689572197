package vault

import (
	"context"
	"errors"
	"slices"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// Unlock tries the passphrase of the encrypted file, and keeps it if it is
// right: in memory, until loomd ends.
func (v *Vault) Unlock(ctx context.Context, passphrase secret.Value) error {
	v.mu.Lock()
	backend := v.backend
	v.mu.Unlock()
	v.opts.Known.Add(passphrase.Reveal())
	ring, err := v.opts.Open(backend, v.Passphrase)
	if err != nil {
		return err
	}
	if err := ring.Unlock(ctx, passphrase, false); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.passphrase, v.unlocked, v.state = passphrase, true, State{}
	clear(v.asked) // errors of a file that was locked
	return nil
}

// errLocked ends the sentence of a keyring that needs a passphrase, and has a hint.
var errLocked = errors.New("loomd was not told it since its start")

// Passphrase is what opens the encrypted file.
func (v *Vault) Passphrase(context.Context) (secret.Value, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.unlocked {
		return secret.Value{}, errLocked
	}
	return v.passphrase, nil
}

// State is what is known of the keyring without asking it, which may take long.
type State struct {
	Backend keyring.Backend // that the registry fixes, or that holds the secrets; empty: not known
	Locked  bool
	Err     error // what it said the last time, or why there is none
}

// note takes an answer of the keyring.
func (s *State) note(err error) {
	s.Err, s.Locked = err, false
	var failed *keyring.Error
	if errors.As(err, &failed) {
		s.Locked = failed.Code == keyring.CodeLocked || failed.Code == keyring.CodeTimeout
	}
}

// State looks at the index of secrets and at what the keyring said the last time.
func (v *Vault) State() State {
	v.mu.Lock()
	s, backend, unlocked := v.state, v.backend, v.unlocked
	v.mu.Unlock()
	s.Backend = backend
	ring, err := v.opts.Open(backend, v.Passphrase)
	if err != nil {
		s.Err = err
		return s
	}
	items, err := ring.List()
	if err != nil {
		s.Err = err
		return s
	}
	inFile := slices.ContainsFunc(items, func(i keyring.Item) bool { return i.Backend == keyring.File })
	if s.Backend == "" && len(items) > 0 {
		s.Backend = items[0].Backend
		for _, i := range items { // several: the one that has to be unlocked
			if inFile {
				s.Backend = keyring.File
			} else if i.Backend != s.Backend {
				s.Backend = ""
				break
			}
		}
	}
	s.Locked = s.Locked || inFile && !unlocked
	return s
}
