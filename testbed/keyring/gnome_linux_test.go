package keyring

import (
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// soon is in which time an error comes that needs nobody to give up.
const soon = 10 * time.Second

var gnome = []string{"dbus-run-session", "dbus-send", "gnome-keyring-daemon"}

// TestGnomeKeyring: what is open is chosen by itself, and keeps all that it is
// given over a restart.
func TestGnomeKeyring(t *testing.T) {
	needs(t, gnome...)
	s := newSession(t)
	s.unlock()
	c := s.client(nil, s.address)
	if p := probed(t, c, core.SecretService); !p.Available || !p.Automatic || p.Locked {
		t.Errorf("probe says %+v", p)
	}
	exercise(t, c, core.SecretService, core.MaxValue)
	s.unlock() // another process
	if got, err := c.Get(t.Context(), "renamed"); err != nil || got.Reveal() != "last" {
		t.Errorf("after a restart: %q, %v", got.Reveal(), err)
	}
}

// TestGnomeKeyringFound: the bus is found where systemd puts it, by a client
// that is older.
func TestGnomeKeyringFound(t *testing.T) {
	needs(t, gnome...)
	s := newSession(t)
	c := s.client(nil)
	if p := probed(t, c, core.SecretService); p.Available || !strings.Contains(p.Why, "no session bus") {
		t.Errorf("probe says %+v", p)
	}
	s.unlock()
	s.link()
	if item, err := c.Set(t.Context(), "token", secret.NewValue("value")); err != nil || item.Backend != core.SecretService {
		t.Errorf("%+v, %v", item, err)
	}
}

// TestGnomeKeyringLocked: a typed error in time, with and without a display that
// nobody looks at; nothing goes to another keyring, and all is there when it is
// open again.
func TestGnomeKeyringLocked(t *testing.T) {
	needs(t, gnome...)
	s := newSession(t)
	s.unlock()
	c := s.client(nil, s.address)
	if _, err := c.Set(t.Context(), "token", secret.NewValue("value")); err != nil {
		t.Fatal(err)
	}
	if err := c.Unlock(t.Context(), secret.NewValue("of the file"), true); err != nil { // another that could be chosen
		t.Fatal(err)
	}
	s.lock()
	if p := probed(t, c, core.SecretService); !p.Available || !p.Automatic || !p.Locked {
		t.Errorf("probe says %+v", p)
	}
	for _, env := range []string{"", "DISPLAY=:987"} {
		c := s.client(func(o *core.Options) { o.Timeout = 3 * time.Second }, s.address, env)
		began := time.Now()
		_, err := c.Get(t.Context(), "token")
		wantCode(t, began, soon, err, core.CodeLocked)
		_, err = c.Get(t.Context(), "other")
		wantCode(t, began, 2*soon, err, core.CodeLocked)
		_, err = c.Set(t.Context(), "other", secret.NewValue("value"))
		wantCode(t, began, 3*soon, err, core.CodeLocked)
		wantCode(t, began, 4*soon, c.Delete(t.Context(), "token"), core.CodeLocked)
	}
	if items, err := c.List(); err != nil || len(items) != 1 {
		t.Errorf("the index has %+v, %v", items, err)
	}
	s.unlock()
	if got, err := c.Get(t.Context(), "token"); err != nil || got.Reveal() != "value" {
		t.Errorf("unlocked again: %q, %v", got.Reveal(), err)
	}
}

// TestGnomeKeyringFresh: the bus starts a service that has no keyring yet. It is
// not there, and none is made behind anybody's back.
func TestGnomeKeyringFresh(t *testing.T) {
	needs(t, gnome...)
	s := newSession(t)
	c := s.client(nil, s.address)
	began := time.Now()
	_, err := c.Set(t.Context(), "token", secret.NewValue("value"))
	wantCode(t, began, soon, err, core.CodeNoBackend)
	chosen := s.client(func(o *core.Options) { o.Backend = core.SecretService }, s.address)
	_, err = chosen.Set(t.Context(), "token", secret.NewValue("value"))
	wantCode(t, began, 2*soon, err, core.CodeUnavailable)
	s.unlock()
	if item, err := c.Set(t.Context(), "token", secret.NewValue("value")); err != nil || item.Backend != core.SecretService {
		t.Errorf("%+v, %v", item, err)
	}
}

// TestGnomeKeyringStuck: a service, or a bus, that stands still is a timeout and
// not another keyring; the file is not held up by it.
func TestGnomeKeyringStuck(t *testing.T) {
	needs(t, gnome...)
	s := newSession(t)
	s.unlock()
	limit := func(o *core.Options) { o.Timeout = 4 * time.Second }
	c := s.client(limit, s.address)
	if _, err := c.Set(t.Context(), "token", secret.NewValue("value")); err != nil {
		t.Fatal(err)
	}
	for what, pid := range map[string]int{"gnome-keyring": s.keyring(), "dbus-daemon": s.bus} {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err := c.Get(t.Context(), "token")
		wantCode(t, began, soon, err, core.CodeTimeout)
		_, err = c.Set(t.Context(), "new", secret.NewValue("value"))
		wantCode(t, began, 2*soon, err, core.CodeTimeout)
		if p := probed(t, s.client(nil, s.address), core.SecretService); p.Available || !strings.Contains(p.Why, "does not answer") {
			t.Errorf("%s: probe says %+v", what, p)
		}
		file := s.client(func(o *core.Options) { o.Backend = core.File }, s.address)
		began = time.Now()
		if _, _, err := file.Names(t.Context(), core.File); err == nil || time.Since(began) > 2*time.Second {
			t.Errorf("%s: the file took %v: %v", what, time.Since(began), err)
		}
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := c.Get(t.Context(), "token"); err != nil || got.Reveal() != "value" {
		t.Errorf("afterwards: %q, %v", got.Reveal(), err)
	}
}

// TestNoBus: there is none, or somebody listens there who is no bus.
func TestNoBus(t *testing.T) {
	needs(t)
	h := newHome(t)
	silent := filepath.Join(h.dir, "silent")
	l, err := net.Listen("unix", silent)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for address, code := range map[string]core.Code{
		"":                                   core.CodeUnavailable,
		"unix:path=" + h.dir + "/gone":       core.CodeUnavailable,
		"unix:path=" + silent + ",guid=0123": core.CodeTimeout,
	} {
		c := h.client(func(o *core.Options) { o.Backend = core.SecretService }, "DBUS_SESSION_BUS_ADDRESS="+address)
		began := time.Now()
		_, err := c.Get(t.Context(), "token")
		wantCode(t, began, soon, err, code)
	}
}
