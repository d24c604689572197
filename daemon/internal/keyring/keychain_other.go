//go:build !linux

package keyring

import (
	"context"
	"strings"

	library "github.com/99designs/keyring"

	core "github.com/loom-core/loom/core/keyring"
)

// keychain is the one of macOS. A build without cgo cannot reach it, and says so
// instead of putting secrets elsewhere.
var keychain = backend{
	look: func(context.Context, core.Request) state {
		if linked(core.Keychain) {
			return state{available: true}
		}
		f := fail(core.CodeNoBackend, "this loom-keyring was built without cgo, which the Keychain needs")
		f.Hint = "build it with CGO_ENABLED=1 on a Mac, or choose another with --backend file or --backend pass"
		return state{why: f.Message, err: f}
	},
	open: func(core.Request) (ring, error) {
		// loom-keyring reads what it wrote without a question each time: loomd
		// starts servers when nobody looks.
		lib, err := open(core.Keychain, library.Config{KeychainTrustApplication: true, KeychainAccessibleWhenUnlocked: true})
		if err != nil {
			return nil, err
		}
		return keychainRing{shelf{lib, ""}}, nil
	},
}

type keychainRing struct{ shelf }

func (r keychainRing) get(name string) ([]byte, error) {
	value, err := r.shelf.get(name)
	return value, lockedKeychain(err)
}

func (r keychainRing) set(name string, value []byte) error {
	return lockedKeychain(r.shelf.set(name, value))
}

func (r keychainRing) remove(name string) error { return lockedKeychain(r.shelf.remove(name)) }

// lockedKeychain knows the statuses of the Security framework by their numbers,
// which is all that the library gives: no interaction allowed, not
// authenticated, cancelled by the user.
func lockedKeychain(err error) error {
	if err == nil {
		return nil
	}
	for _, status := range []string{"(-25308)", "(-25293)", "(-128)"} {
		if strings.Contains(err.Error(), status) {
			return fail(core.CodeLocked, "%v", err)
		}
	}
	return err
}
