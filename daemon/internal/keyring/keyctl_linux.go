package keyring

import (
	"context"
	"fmt"

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
		return shelf{lib, ""}, nil
	},
}
