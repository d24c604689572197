package keyring

import (
	"context"
	"errors"
	"strings"

	"github.com/godbus/dbus"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/daemon/internal/keyring/prelude"
)

// sessionBus is the connection that the library uses too. Without one the state
// says why.
func sessionBus() (*dbus.Conn, state) {
	switch bus := prelude.Session; {
	case bus.Silent:
		return nil, silent(bus.Err.Error())
	case bus.Err != nil:
		return nil, state{why: bus.Err.Error()}
	case !linked(core.SecretService):
		return nil, state{why: "the session bus refused the connection"}
	}
	conn, err := dbus.SessionBus()
	if err != nil {
		return nil, state{why: "the session bus: " + err.Error()}
	}
	return conn, state{}
}

// unreached is the state of a service that could not be asked.
func unreached(what string, err error) state {
	if busCode(err) == core.CodeTimeout {
		return silent(what + " does not answer")
	}
	return state{why: "the session bus has nothing that offers " + what + ": " + err.Error()}
}

// silent is the state of what is there and does not answer.
func silent(why string) state {
	f := fail(core.CodeTimeout, "%s", why)
	f.Hint = "log in anew, or end what stands still there; a keyring that needs no bus can be chosen with --backend"
	return state{why: why, err: f}
}

// busCode is the code of an error that came over the bus, or empty.
func busCode(err error) core.Code {
	if errors.Is(err, context.DeadlineExceeded) {
		return core.CodeTimeout
	}
	if errors.Is(err, dbus.ErrClosed) {
		return core.CodeUnavailable
	}
	var said dbus.Error
	if p := (*dbus.Error)(nil); errors.As(err, &p) {
		said = *p
	} else if !errors.As(err, &said) {
		return ""
	}
	name, isBus := strings.CutPrefix(said.Name, "org.freedesktop.DBus.Error.")
	switch {
	case said.Name == "org.freedesktop.Secret.Error.IsLocked":
		return core.CodeLocked
	case isBus && (name == "NoReply" || name == "Timeout" || name == "TimedOut"):
		return core.CodeTimeout
	case isBus && (name == "ServiceUnknown" || name == "NameHasNoOwner" || name == "NoServer" || name == "Disconnected" || strings.HasPrefix(name, "Spawn.")):
		return core.CodeUnavailable
	}
	return core.CodeFailed
}
