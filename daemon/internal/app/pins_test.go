package app

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/registry/pin"
)

// Pins that cannot be read are not taken for none, at the start or later.
func TestBrokenPins(t *testing.T) {
	bad := options(t, one)
	write(t, pin.Path(bad.RegistryFile), "{}")
	if _, err := New(bad); err == nil || !strings.Contains(err.Error(), pin.FileName+":1: ") {
		t.Errorf("at the start: %v", err)
	}

	a, opts := run(t, one)
	c, err := connect(t, opts, loomrpc.Hello{Version: "v1", Control: true})
	if err != nil {
		t.Fatal(err)
	}
	before := a.hub.Registry()
	write(t, opts.RegistryFile, "version: 1\n")
	write(t, pin.Path(opts.RegistryFile), "{")
	var reply loomrpc.ReloadReply
	if err := c.Call(t.Context(), loomrpc.MethodReload, nil, &reply); err == nil || !strings.Contains(err.Error(), pin.FileName+":1: ") {
		t.Errorf("at a reload: %v", err)
	}
	if a.hub.Registry() != before {
		t.Error("the registry that came with broken pins serves")
	}
}
