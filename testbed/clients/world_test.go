package clients

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/core/fakeserver"
)

// fakeVariable makes this test binary the fake server that a registry names.
const fakeVariable = "LOOM_TEST_FAKE"

func TestMain(m *testing.M) {
	if os.Getenv(probeVariable) != "" {
		probe()
		os.Exit(fakeserver.Main(nil))
	}
	if os.Getenv(fakeVariable) != "" {
		os.Exit(fakeserver.Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// world is a scratch home with a registry, and the built binaries.
type world struct {
	t      *testing.T
	home   string
	loom   string
	socket string
	npm    string // node_modules/.bin

	// Of an AI client's world.
	network *network
	env     []string // of the client
	self    string   // this test binary
}

// newWorld writes the registry. The cleanup ends loomd and fails the test when
// anything with the scratch home in its environment is still alive.
func newWorld(t *testing.T, registry string) *world {
	t.Helper()
	if os.Getenv("LOOM_CLIENTS") == "" {
		t.Skip("needs npm packages: make clients installs them and runs this test")
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.MkdirTemp("", "loom-clients-") // shorter than t.TempDir: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, home: home, socket: filepath.Join(home, "loomd.sock"),
		loom: filepath.Join(here, "..", "..", "bin", "loom"),
		npm:  filepath.Join(here, "node_modules", ".bin"),
	}
	t.Cleanup(w.close)
	file := filepath.Join(home, ".config", "loom", "registry.yaml")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(registry), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) close() {
	if out, err := w.run(w.loom, "--socket", w.socket, "stop"); err != nil {
		w.t.Errorf("loom stop: %v\n%s", err, out)
	}
	for wait := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		left := w.alive()
		if len(left) == 0 {
			break
		}
		if time.Now().After(wait) {
			for pid, command := range left {
				w.t.Errorf("still alive after loom stop: %d %s", pid, command)
				syscall.Kill(pid, syscall.SIGKILL)
			}
			break
		}
	}
	if w.t.Failed() {
		log, _ := os.ReadFile(filepath.Join(w.home, ".local", "state", "loom", "loomd.log"))
		w.t.Logf("loomd.log:\n%s", log)
	}
	if err := os.RemoveAll(w.home); err != nil {
		w.t.Error(err)
	}
}

// alive finds the processes of this world. Where there is no /proc, only loom
// stop itself says that all have ended.
func (w *world) alive() map[int]string {
	left := map[int]string{}
	if runtime.GOOS != "linux" {
		return left
	}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		env, err := os.ReadFile(dir + "/environ") // empty for one that has ended
		if err != nil || !bytes.Contains(append([]byte{0}, env...), []byte("\x00HOME="+w.home+"\x00")) {
			continue
		}
		var pid int
		fmt.Sscan(filepath.Base(dir), &pid)
		command, _ := os.ReadFile(dir + "/cmdline")
		left[pid] = strings.ReplaceAll(string(command), "\x00", " ")
	}
	return left
}

// run runs a program as a client's user has it, in the scratch home.
func (w *world) run(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = w.home
	cmd.Env = []string{"HOME=" + w.home, "PATH=" + w.npm + string(os.PathListSeparator) + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String(), nil
}
