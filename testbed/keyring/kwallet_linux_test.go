package keyring

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// wallet stands in for kwalletd, which does nothing without a desktop: a real
// bus, and the methods that kwalletd has, with its way of saying no.
type wallet struct {
	mu       sync.Mutex
	enabled  bool
	isOpen   bool
	refuses  bool // the user does, when asked for the password
	deaf     bool // it takes values and keeps none, as when its file cannot be written
	handles  int32
	contents map[string]map[string][]byte
}

func newWallet(s *session) *wallet {
	s.t.Helper()
	w := &wallet{enabled: true, isOpen: true, contents: map[string]map[string][]byte{"other application": {"token": []byte("theirs")}}}
	s.take("org.kde.kwalletd5", func(path dbus.ObjectPath, method string, args []any) []any {
		name, ours := strings.CutPrefix(method, "KWallet.")
		if result := w.answer(name, args); ours && path == "/modules/kwalletd5" && result != nil {
			return []any{result}
		}
		return nil
	})
	return w
}

// answer is what kwalletd says: a number where others have an error, and nothing
// for what is not there.
func (w *wallet) answer(name string, args []any) any {
	w.mu.Lock()
	defer w.mu.Unlock()
	good := func() bool { handle, ok := args[0].(int32); return ok && w.isOpen && handle > 0 && handle <= w.handles }
	text := func(i int) string { return args[i].(string) }
	switch name {
	case "isEnabled":
		return w.enabled
	case "networkWallet":
		return "kdewallet"
	case "isOpen": // of a name or a handle
		return good() || w.isOpen && args[0] == "kdewallet"
	case "open":
		w.isOpen = w.isOpen || !w.refuses
		if !w.isOpen || text(0) != "kdewallet" {
			return int32(-1)
		}
		w.handles++
		return w.handles
	case "readEntry":
		if value, ok := w.contents[text(1)][text(2)]; ok && good() {
			return value
		}
		return []byte{}
	case "writeEntry":
		if !good() || w.deaf {
			return int32(-1)
		}
		if w.contents[text(1)] == nil {
			w.contents[text(1)] = map[string][]byte{}
		}
		w.contents[text(1)][text(2)] = args[3].([]byte)
		return int32(0)
	case "removeEntry":
		if !good() || w.contents[text(1)][text(2)] == nil {
			return int32(-3)
		}
		delete(w.contents[text(1)], text(2))
		return int32(0)
	case "entryList":
		if !good() {
			return []string{}
		}
		return slices.AppendSeq([]string{}, maps.Keys(w.contents[text(1)]))
	}
	return nil
}

func (w *wallet) change(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
}

// TestKWallet: the wallet that is open is used, in a folder of ours.
func TestKWallet(t *testing.T) {
	needs(t, gnome[:2]...)
	s := newSession(t)
	w := newWallet(s)
	c := s.client(nil, s.address)
	if p := probed(t, c, core.KWallet); !p.Available || !p.Automatic || p.Locked {
		t.Errorf("probe says %+v", p)
	}
	exercise(t, c, core.KWallet, core.MaxValue)
	w.change(func() {
		if got := slices.Sorted(maps.Keys(w.contents)); !slices.Equal(got, []string{"loom", "other application"}) || string(w.contents["other application"]["token"]) != "theirs" {
			t.Errorf("the folders are %q", got)
		}
		w.deaf = true
	})
	began := time.Now()
	_, err := c.Set(t.Context(), "token", secret.NewValue("lost"))
	wantCode(t, began, soon, err, core.CodeFailed)
	w.change(func() { w.enabled = false })
	_, err = c.Get(t.Context(), "renamed")
	wantCode(t, began, soon, err, core.CodeUnavailable)
}

// TestKWalletClosed: one that is closed is not taken for one that is empty.
func TestKWalletClosed(t *testing.T) {
	needs(t, gnome[:2]...)
	s := newSession(t)
	w := newWallet(s)
	c := s.client(nil, s.address)
	if _, err := c.Set(t.Context(), "token", secret.NewValue("value")); err != nil {
		t.Fatal(err)
	}
	w.change(func() { w.isOpen, w.refuses = false, true })
	if p := probed(t, c, core.KWallet); !p.Available || !p.Automatic || !p.Locked {
		t.Errorf("probe says %+v", p)
	}
	for _, env := range []string{"", "DISPLAY=:987"} {
		c := s.client(nil, s.address, env)
		began := time.Now()
		for _, name := range []string{"token", "absent"} {
			_, err := c.Get(t.Context(), name)
			wantCode(t, began, soon, err, core.CodeLocked)
			_, err = c.Set(t.Context(), name, secret.NewValue("second"))
			wantCode(t, began, soon, err, core.CodeLocked)
		}
		wantCode(t, began, soon, c.Delete(t.Context(), "token"), core.CodeLocked)
	}
	w.change(func() { w.refuses = false })
	if got, err := s.client(nil, s.address, "WAYLAND_DISPLAY=w").Get(t.Context(), "token"); err != nil || got.Reveal() != "value" {
		t.Errorf("asked and opened: %q, %v", got.Reveal(), err)
	}
}
