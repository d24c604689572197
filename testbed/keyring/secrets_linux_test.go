package keyring

import (
	"errors"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// secrets stands in for a Secret Service that hides its items while it is locked,
// as KeePassXC does, and for the person at its window.
type secrets struct {
	conn *dbus.Conn

	mu       sync.Mutex
	locked   bool
	accepts  bool // the person types the password; else the window is closed
	fallback dbus.ObjectPath
	items    map[dbus.ObjectPath]*secretItem
	made     int
}

type secretItem struct {
	label      string
	attributes map[string]string
	secret     wireSecret
}

// wireSecret has the type (oayays).
type wireSecret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

const (
	collections = "/org/freedesktop/secrets/collection/"
	first       = dbus.ObjectPath(collections + "My_20pass_5fwords") // paths have no blanks
	second      = dbus.ObjectPath(collections + "other")
	asking      = dbus.ObjectPath("/org/freedesktop/secrets/prompt/p1")
	nothing     = dbus.ObjectPath("/")
)

func newSecrets(s *session) *secrets {
	s.t.Helper()
	v := &secrets{fallback: first, items: map[dbus.ObjectPath]*secretItem{
		first + "/theirs": {label: "Chromium Safe Storage", attributes: map[string]string{"profile": "token"}},
	}}
	v.conn = s.take("org.freedesktop.secrets", v.answer)
	return v
}

func (v *secrets) answer(at dbus.ObjectPath, method string, args []any) []any {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch method {
	case "Secret.Service.OpenSession":
		return []any{dbus.MakeVariant(""), dbus.ObjectPath("/org/freedesktop/secrets/session/s1")}
	case "Secret.Service.ReadAlias":
		return []any{v.fallback}
	case "Secret.Service.Unlock":
		if v.locked {
			return []any{[]dbus.ObjectPath{}, asking}
		}
		return []any{args[0], nothing}
	case "Secret.Prompt.Prompt":
		go v.person() // answers the window when it has been open for a moment
		return []any{}
	case "DBus.Properties.Get":
		if value := v.property(at, args[1].(string)); value != nil {
			return []any{dbus.MakeVariant(value)}
		}
	case "Secret.Service.SearchItems":
		return []any{v.search("", args[0].(map[string]string)), []dbus.ObjectPath{}}
	case "Secret.Collection.SearchItems":
		return []any{v.search(at, args[0].(map[string]string))}
	case "Secret.Collection.CreateItem":
		properties := args[0].(map[string]dbus.Variant)
		raw := args[1].([]any)
		item := &secretItem{
			label:      properties["org.freedesktop.Secret.Item.Label"].Value().(string),
			attributes: properties["org.freedesktop.Secret.Item.Attributes"].Value().(map[string]string),
			secret:     wireSecret{Value: raw[2].([]byte), ContentType: raw[3].(string), Session: nothing, Parameters: []byte{}},
		}
		for _, old := range v.search(at, item.attributes) {
			delete(v.items, old)
		}
		v.made++
		name := at + "/" + dbus.ObjectPath(strconv.Itoa(v.made))
		v.items[name] = item
		return []any{name, nothing}
	case "Secret.Item.GetSecret":
		return []any{v.items[at].secret}
	case "Secret.Item.Delete":
		delete(v.items, at)
		return []any{nothing}
	}
	return nil
}

func (v *secrets) property(at dbus.ObjectPath, name string) any {
	switch name {
	case "Collections":
		return []dbus.ObjectPath{first, second}
	case "Locked":
		return v.locked
	case "Items":
		return v.search(at, nil)
	case "Label":
		return v.items[at].label
	}
	return nil
}

// search is what can be seen: in one collection or all, with these attributes.
func (v *secrets) search(collection dbus.ObjectPath, attributes map[string]string) []dbus.ObjectPath {
	found := []dbus.ObjectPath{}
	for _, name := range slices.Sorted(maps.Keys(v.items)) {
		if !v.locked && (collection == "" || strings.HasPrefix(string(name), string(collection)+"/")) && (attributes == nil || maps.Equal(v.items[name].attributes, attributes)) {
			found = append(found, name)
		}
	}
	return found
}

func (v *secrets) person() {
	time.Sleep(100 * time.Millisecond)
	v.mu.Lock()
	v.locked = !v.accepts
	dismissed := v.locked
	v.mu.Unlock()
	_ = v.conn.Emit(asking, "org.freedesktop.Secret.Prompt.Completed", dismissed, dbus.MakeVariant(""))
}

func (v *secrets) change(do func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	do()
}

// TestSecretService: a default keyring of any name is used, beside the items of
// others.
func TestSecretService(t *testing.T) {
	needs(t, gnome[:2]...)
	s := newSession(t)
	v := newSecrets(s)
	c := s.client(nil, s.address)
	exercise(t, c, core.SecretService, core.MaxValue)
	v.change(func() {
		if v.items[first+"/theirs"] == nil || len(v.items) != 3 {
			t.Errorf("the service has %d items", len(v.items))
		}
		for name := range v.items {
			if path.Dir(string(name)) != string(first) {
				t.Errorf("an item is at %s", name)
			}
		}
		v.fallback = second // somebody makes another one the default
	})
	if got, err := c.Get(t.Context(), "renamed"); err != nil || got.Reveal() != "last" {
		t.Errorf("in the keyring that was the default: %q, %v", got.Reveal(), err)
	}
	if err := c.Delete(t.Context(), "renamed"); err != nil {
		t.Error(err)
	}
	if _, err := c.Get(t.Context(), "renamed"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("deleted: %v", err)
	}
}

// TestSecretServiceAsks: with a display a person is asked once, and what is
// hidden while it is locked is not taken for absent.
func TestSecretServiceAsks(t *testing.T) {
	needs(t, gnome[:2]...)
	s := newSession(t)
	v := newSecrets(s)
	if _, err := s.client(nil, s.address).Set(t.Context(), "token", secret.NewValue("value")); err != nil {
		t.Fatal(err)
	}
	for _, env := range []string{"", "DISPLAY=:987", "WAYLAND_DISPLAY=w"} { // nobody to ask, or somebody who says no
		v.change(func() { v.locked = true })
		c := s.client(nil, s.address, env)
		began := time.Now()
		for _, name := range []string{"token", "absent"} {
			_, err := c.Get(t.Context(), name)
			wantCode(t, began, soon, err, core.CodeLocked)
			_, err = c.Set(t.Context(), name, secret.NewValue("second"))
			wantCode(t, began, soon, err, core.CodeLocked)
			wantCode(t, began, soon, c.Delete(t.Context(), name), core.CodeLocked)
		}
	}
	c := s.client(nil, s.address, "DISPLAY=:987")
	v.change(func() { v.accepts = true })
	all, err := c.GetAll(t.Context(), []string{"token", "absent"})
	if err != nil || len(all) != 1 || all["token"].Reveal() != "value" {
		t.Errorf("asked and opened: %d values, %v", len(all), err)
	}
}
