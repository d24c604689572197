package keyring

import (
	"context"

	library "github.com/99designs/keyring"
	"github.com/godbus/dbus"

	core "github.com/loom-core/loom/core/keyring"
)

const (
	kwalletName      = "org.kde.kwalletd5" // as the library has it; the ones since answer to it too
	kwalletPath      = "/modules/kwalletd5"
	kwalletInterface = "org.kde.KWallet."
)

var kwallet = backend{
	look: func(ctx context.Context, _ core.Request) state {
		_, _, s := networkWallet(ctx)
		return s
	},
	open: func(core.Request) (ring, error) {
		ctx := context.Background()
		daemon, wallet, s := networkWallet(ctx)
		if err := s.problem(); err != nil {
			return nil, err
		}
		// The library takes a wallet that somebody refused to open for one that is
		// empty, so it is opened here first.
		if s.locked && !display() {
			return nil, fail(core.CodeLocked, "wallet %s is closed, and there is no display to ask for its password on", wallet)
		}
		var handle int32
		if err := daemon.CallWithContext(ctx, kwalletInterface+"open", 0, wallet, int64(0), service).Store(&handle); err != nil {
			return nil, err
		}
		if handle < 0 {
			return nil, fail(core.CodeLocked, "wallet %s was not opened", wallet)
		}
		lib, err := library.Open(library.Config{
			AllowedBackends: []library.BackendType{library.KWalletBackend},
			ServiceName:     wallet, // one of our own would have to be set up by hand
			KWalletAppID:    service,
			KWalletFolder:   service,
		})
		if err != nil {
			return nil, err
		}
		return walletRing{shelf{lib, ""}}, nil
	},
}

// networkWallet is the wallet that applications are to use.
func networkWallet(ctx context.Context) (daemon dbus.BusObject, wallet string, s state) {
	conn, s := sessionBus()
	if conn == nil {
		return nil, "", s
	}
	daemon = conn.Object(kwalletName, kwalletPath)
	var enabled, isOpen bool
	if err := daemon.CallWithContext(ctx, kwalletInterface+"isEnabled", 0).Store(&enabled); err != nil {
		return nil, "", unreached("KWallet", err)
	}
	if !enabled {
		return nil, "", state{why: "KWallet is switched off in the system settings"}
	}
	if err := daemon.CallWithContext(ctx, kwalletInterface+"networkWallet", 0).Store(&wallet); err != nil {
		return nil, "", unreached("KWallet", err)
	}
	if err := daemon.CallWithContext(ctx, kwalletInterface+"isOpen", 0, wallet).Store(&isOpen); err != nil {
		return nil, "", unreached("KWallet", err)
	}
	s = state{available: true, locked: !isOpen}
	if s.locked {
		s.why = "wallet " + wallet + " is closed"
	}
	return daemon, wallet, s
}

// walletRing does what the library leaves out: KWallet answers with a number
// where others have an error, and with nothing for what is not there.
type walletRing struct{ shelf }

func (r walletRing) set(name string, value []byte) error { return setAndCompare(r.shelf, name, value) }

func (r walletRing) remove(name string) error {
	if _, err := r.shelf.get(name); err != nil {
		return err
	}
	return r.shelf.remove(name)
}
