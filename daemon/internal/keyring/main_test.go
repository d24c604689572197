package keyring

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	core "github.com/loom-core/loom/core/keyring"
)

// The processes of these tests are the test binary: loom-keyring, and somebody
// who runs it and dies.
func TestMain(m *testing.M) {
	switch os.Getenv("KEYRING_TEST") {
	case "":
		rounds = 1000
		os.Exit(m.Run())
	case "loom-keyring":
		rounds = 2000
		os.Exit(Main(os.Args[1:]))
	case "parent":
		opts := core.Options{Program: os.Args[0], State: os.Getenv("STATE"), Backend: core.Pass}
		for _, kv := range os.Environ() {
			if kv != "KEYRING_TEST=parent" {
				opts.Env = append(opts.Env, kv)
			}
		}
		opts.Env = append(opts.Env, "KEYRING_TEST=loom-keyring")
		_, _ = core.New(opts).Get(context.Background(), "a")
	}
}

// shipped are the rounds that users get.
var shipped = rounds

func program(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// options are those of a client with a scratch home and nothing else.
func options(t *testing.T, env ...string) core.Options {
	t.Helper()
	home := t.TempDir()
	env = append([]string{"KEYRING_TEST=loom-keyring", "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0"}, env...)
	return core.Options{Program: program(t), Env: env, State: home + "/state"}
}

// ask runs loom-keyring with any text.
func ask(t *testing.T, opts core.Options, request string) core.Reply {
	t.Helper()
	cmd := exec.Command(opts.Program)
	cmd.Env = opts.Env
	cmd.Stdin = bytes.NewReader([]byte(request))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var reply core.Reply
	if err := json.Unmarshal(out, &reply); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	return reply
}
