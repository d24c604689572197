package keyring

import (
	"context"
	"os"

	"github.com/godbus/dbus"

	core "github.com/loom-core/loom/core/keyring"
)

// display reports whether there is one on which a person can be asked.
func display() bool { return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" }

// unlockCollection opens a keyring: one that needs no password, or, where there
// is a display, by having the service ask for it. The library would look into one
// that stays locked, in which some services show no items.
func unlockCollection(ctx context.Context, collection dbus.ObjectPath) error {
	conn, err := dbus.SessionBus()
	if err != nil {
		return err
	}
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err = conn.Object(secretsName, secretsPath).CallWithContext(ctx, secretsInterface+"Service.Unlock", 0, []dbus.ObjectPath{collection}).Store(&unlocked, &prompt)
	if err != nil {
		return err
	}
	if prompt == "/" {
		return nil
	}
	if !display() {
		return fail(core.CodeLocked, "it is locked, and there is no display to ask for its password on")
	}
	if err := await(ctx, conn, prompt); err != nil {
		return err
	}
	locked, err := property(ctx, conn.Object(secretsName, collection), secretsInterface+"Collection", "Locked")
	if still, _ := locked.Value().(bool); still || err != nil {
		return fail(core.CodeLocked, "it is locked, and was not unlocked when its password was asked for")
	}
	return nil
}

// await has a service ask, and waits for the end of that, however it ends.
func await(ctx context.Context, conn *dbus.Conn, prompt dbus.ObjectPath) error {
	rule := "type='signal',interface='" + secretsInterface + "Prompt',path='" + string(prompt) + "'"
	if err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.AddMatch", 0, rule).Err; err != nil {
		return err
	}
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	defer conn.RemoveSignal(signals)
	if err := conn.Object(secretsName, prompt).CallWithContext(ctx, secretsInterface+"Prompt.Prompt", 0, "").Err; err != nil {
		return err
	}
	for {
		select {
		case s, ok := <-signals:
			if !ok {
				return fail(core.CodeUnavailable, "the session bus is gone")
			}
			if s.Path == prompt && s.Name == secretsInterface+"Prompt.Completed" {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
