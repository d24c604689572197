package keyring

import (
	"strings"

	"github.com/godbus/dbus"
)

// stand answers the calls of a name on a bus. Without an answer the method is
// one that is not known. Arguments are as they came: some methods have two forms.
type stand func(path dbus.ObjectPath, method string, args []any) []any

// take gives a name of the session's bus to a stand.
func (s *session) take(name string, answer stand) *dbus.Conn {
	s.t.Helper()
	conn := s.dial(dbus.WithHandler(object{answer: answer}))
	if reply, err := conn.RequestName(name, dbus.NameFlagReplaceExisting); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		s.t.Fatalf("taking %s: %v, %v", name, reply, err)
	}
	return conn
}

func (s *session) dial(options ...dbus.ConnOption) *dbus.Conn {
	s.t.Helper()
	conn, err := dbus.Dial(strings.TrimPrefix(s.address, "DBUS_SESSION_BUS_ADDRESS="), options...)
	if err == nil {
		s.t.Cleanup(func() { conn.Close() })
		err = conn.Auth(nil)
	}
	if err == nil {
		err = conn.Hello()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// object is how godbus asks for a method, step by step.
type object struct {
	answer          stand
	path            dbus.ObjectPath
	iface, function string
}

func (o object) LookupObject(path dbus.ObjectPath) (dbus.ServerObject, bool) {
	o.path = path
	return o, true
}

func (o object) LookupInterface(name string) (dbus.Interface, bool) {
	o.iface = name
	return o, true
}

func (o object) LookupMethod(name string) (dbus.Method, bool) {
	o.function = name
	return o, true
}

func (object) DecodeArguments(_ *dbus.Conn, _ string, _ *dbus.Message, args []any) ([]any, error) {
	return args, nil
}

func (o object) Call(args ...any) ([]any, error) {
	_, short, _ := strings.Cut(strings.TrimPrefix(o.iface, "org."), ".") // freedesktop.Secret.Item, kde.KWallet
	if result := o.answer(o.path, short+"."+o.function, args); result != nil {
		return result, nil
	}
	return nil, dbus.ErrMsgUnknownMethod
}

func (object) NumArguments() int     { return 0 }
func (object) NumReturns() int       { return 0 }
func (object) ArgumentValue(int) any { return nil }
func (object) ReturnValue(int) any   { return nil }
