package keyring

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"path"

	library "github.com/99designs/keyring"
	"github.com/godbus/dbus"

	core "github.com/loom-core/loom/core/keyring"
)

const (
	secretsName       = "org.freedesktop.secrets"
	secretsPath       = "/org/freedesktop/secrets"
	secretsInterface  = "org.freedesktop.Secret."
	collectionsPrefix = secretsPath + "/collection/"
)

var secretService = backend{
	look: func(ctx context.Context, _ core.Request) state {
		_, s := defaultCollection(ctx)
		return s
	},
	open: func(core.Request) (ring, error) {
		ctx := context.Background() // bounded by the deadline of the process
		collection, s := defaultCollection(ctx)
		if err := s.problem(); err != nil {
			return nil, err
		}
		if s.locked {
			if err := unlockCollection(ctx, collection); err != nil {
				return nil, err
			}
		}
		return openCollection(collection)
	},
}

// defaultCollection is the keyring that applications are to use. The library
// would make one of our own instead, for which it has to ask for a password; and
// without a desktop nothing is the default, but there is one named login.
func defaultCollection(ctx context.Context) (dbus.ObjectPath, state) {
	conn, s := sessionBus()
	if conn == nil {
		return "", s
	}
	var at dbus.ObjectPath
	err := conn.Object(secretsName, secretsPath).CallWithContext(ctx, secretsInterface+"Service.ReadAlias", 0, "default").Store(&at)
	if err != nil {
		return "", unreached("the secret service", err)
	}
	if path.Dir(string(at))+"/" != collectionsPrefix {
		at = collectionsPrefix + "login"
	}
	locked, err := property(ctx, conn.Object(secretsName, at), secretsInterface+"Collection", "Locked")
	if code := busCode(err); err != nil && code != core.CodeTimeout {
		return "", state{why: "the secret service has no default keyring yet: the desktop makes one at the first login, gnome-keyring-daemon --replace --unlock makes one without a desktop, KeePassXC shows one while a database is open"}
	}
	if err != nil {
		return "", unreached("the secret service", err)
	}
	s = state{available: true}
	if s.locked, _ = locked.Value().(bool); s.locked {
		s.why = "it is locked"
	}
	return at, s
}

func property(ctx context.Context, object dbus.BusObject, of, name string) (v dbus.Variant, err error) {
	err = object.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, of, name).Store(&v)
	return v, err
}

func openCollection(collection dbus.ObjectPath) (secretRing, error) {
	lib, err := open(core.SecretService, library.Config{LibSecretCollectionName: plainName(path.Base(string(collection)))})
	if err != nil {
		return secretRing{}, err
	}
	return secretRing{shelf{lib, service + "/"}}, nil
}

// plainName undoes what keyrings do to the names in paths, as the library does
// it: _2d is a dash.
func plainName(escaped string) string {
	var plain []byte
	for i := 0; i < len(escaped); i++ {
		if escaped[i] != '_' {
			plain = append(plain, escaped[i])
			continue
		}
		if i+3 > len(escaped) {
			return escaped
		}
		b, err := hex.DecodeString(escaped[i+1 : i+3])
		if err != nil {
			return escaped
		}
		plain = append(plain, b...)
		i += 2
	}
	return string(plain)
}

// secretRing finds an item also after another keyring has become the default.
type secretRing struct{ shelf }

func (r secretRing) get(name string) ([]byte, error) {
	value, err := r.shelf.get(name)
	if !errors.Is(err, errAbsent) {
		return value, err
	}
	other, err := r.elsewhere(name)
	if err != nil {
		return nil, err
	}
	return other.get(name)
}

func (r secretRing) remove(name string) error {
	// The library says nothing of what was not there.
	if _, err := r.shelf.get(name); !errors.Is(err, errAbsent) {
		if err != nil {
			return err
		}
		return r.shelf.remove(name)
	}
	other, err := r.elsewhere(name)
	if err != nil {
		return err
	}
	return other.remove(name)
}

// set reads back what it wrote: there are services that take a value and keep none.
func (r secretRing) set(name string, value []byte) error { return setAndCompare(r.shelf, name, value) }

// elsewhere is another keyring of the service that has the item.
func (r secretRing) elsewhere(name string) (shelf, error) {
	conn, err := dbus.SessionBus()
	if err != nil {
		return shelf{}, err
	}
	var open, locked []dbus.ObjectPath
	err = conn.Object(secretsName, secretsPath).Call(secretsInterface+"Service.SearchItems", 0, map[string]string{"profile": r.prefix + name}).Store(&open, &locked)
	if err != nil {
		return shelf{}, err
	}
	items := append(open, locked...)
	if len(items) == 0 {
		return shelf{}, errAbsent
	}
	collection := dbus.ObjectPath(path.Dir(string(items[0])))
	if err := unlockCollection(context.Background(), collection); err != nil {
		return shelf{}, err
	}
	found, err := openCollection(collection)
	if err != nil {
		return shelf{}, err
	}
	return found.shelf, nil
}

func setAndCompare(s shelf, name string, value []byte) error {
	if err := s.set(name, value); err != nil {
		return err
	}
	if back, err := s.get(name); err != nil || !bytes.Equal(back, value) {
		return fail(core.CodeFailed, "it took the value without an error and does not give it back")
	}
	return nil
}
