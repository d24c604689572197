package cli

import (
	"context"
	"io"
	"os"
	"testing"

	"github.com/loom-core/loom/core/loomrpc"
)

// TestProxySaysWhatItWasTold: each flag of loom proxy reaches loomd.
func TestProxySaysWhatItWasTold(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	var got loomrpc.Hello
	cmd := NewCmdProxy(&Factory{IO: &IO{}, Version: "v1"}, func(_ context.Context, opts *ProxyOptions) error {
		got = opts.hello()
		return nil
	})
	cmd.SetErr(io.Discard)
	cmd.SetArgs([]string{"--client", "claude", "--profile", "ops", "--server", "git"})
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := loomrpc.Hello{Protocol: loomrpc.Protocol, Version: "v1", Client: "claude", Profile: "ops", Server: "git", Dir: dir, PID: os.Getpid()}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
