package keyring

import (
	"context"
	"fmt"
	"strings"

	library "github.com/99designs/keyring"
	"golang.org/x/sys/unix"

	core "github.com/loom-core/loom/core/keyring"
)

var keyctl = backend{
	look: func(context.Context, core.Request) state {
		if _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_USER_KEYRING, true); err != nil {
			return state{why: fmt.Sprintf("the kernel gives no keyring: %v", err)}
		}
		return state{available: true}
	},
	open: func(core.Request) (ring, error) {
		// Who has the user's keyring may do everything with our keys: their own
		// process alone, which is the default, ends with each operation.
		perm := library.GetPermissions(library.KEYCTL_PERM_ALL, library.KEYCTL_PERM_ALL, 0, 0)
		lib, err := open(core.KeyCtl, library.Config{KeyCtlScope: "user", KeyCtlPerm: perm})
		if err != nil {
			return nil, err
		}
		return keyctlRing{shelf{lib, ""}}, nil
	},
}

// keyctlRing says what the kernel means: the library keeps only the words.
type keyctlRing struct{ shelf }

// maxKey is what the kernel takes for a key of the type "user".
const maxKey = 32767

func (r keyctlRing) set(name string, value []byte) error {
	if len(value) > maxKey {
		return fail(core.CodeBadRequest, "the kernel's keyring takes values of at most %d bytes", maxKey)
	}
	err := r.shelf.set(name, value)
	if err != nil && strings.HasSuffix(err.Error(), unix.EDQUOT.Error()) {
		f := fail(core.CodeFull, "the kernel keeps no more keys for this user: %v", err)
		f.Hint = "loom secret delete makes room; other keyrings have more, see --backend"
		return f
	}
	return err
}
