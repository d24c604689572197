package keyring

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/loom-core/loom/testbed"
)

// session is a session bus, as dbus-run-session makes one.
type session struct {
	*home
	address string // DBUS_SESSION_BUS_ADDRESS=…
	path    string // of its socket
	bus     int    // the pid of dbus-daemon
}

func newSession(t *testing.T) *session {
	t.Helper()
	s := &session{home: newHome(t)}
	cmd := exec.Command("dbus-run-session", "--", "sh", "-c", `echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat`)
	cmd.Env = s.env
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(s.bus, syscall.SIGCONT)
		if pid := s.keyring(); pid > 0 && pid != os.Getpid() { // what the bus started outlives it
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		in.Close() // then cat ends, and with it the session
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the session: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s.address = "DBUS_SESSION_BUS_ADDRESS=" + strings.TrimSpace(line)
	s.path, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "unix:path="), ",")
	for _, pid := range processes(s.dir) {
		if strings.HasPrefix(commandLine(pid), "dbus-daemon") {
			s.bus = pid
		}
	}
	if s.bus == 0 {
		t.Fatal("there is no dbus-daemon")
	}
	return s
}

const password = "loom-test"

// unlock starts a gnome-keyring whose login keyring is open; it makes the
// keyring at the first time. What answered on the bus before is replaced.
func (s *session) unlock() {
	s.t.Helper()
	cmd := exec.Command("gnome-keyring-daemon", "--replace", "--foreground", "--unlock", "--components=secrets")
	cmd.Env = append(s.env, s.address)
	cmd.Stdin = strings.NewReader(password)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed, or replaced
	})
	testbed.Eventually(s.t, "the login keyring is open", func() bool {
		return s.keyring() == cmd.Process.Pid &&
			strings.Contains(s.send("org.freedesktop.secrets", login, "org.freedesktop.DBus.Properties.Get", "string:org.freedesktop.Secret.Collection", "string:Locked"), "boolean false")
	})
}

const login = "/org/freedesktop/secrets/collection/login"

// keyring is the pid of who has the name of the secret service, or 0.
func (s *session) keyring() (pid int) {
	said := strings.Fields(s.send("org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetConnectionUnixProcessID", "string:org.freedesktop.secrets"))
	if len(said) > 1 && said[len(said)-2] == "uint32" {
		pid, _ = strconv.Atoi(said[len(said)-1])
	}
	return pid
}

func (s *session) lock() {
	s.t.Helper()
	if said := s.send("org.freedesktop.secrets", "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock", "array:objpath:"+login); !strings.Contains(said, login) {
		s.t.Fatalf("locking: %s", said)
	}
}

// send calls a method and returns what dbus-send says.
func (s *session) send(to, path, method string, args ...string) string {
	cmd := exec.Command("dbus-send", append([]string{"--session", "--print-reply", "--dest=" + to, path, method}, args...)...)
	cmd.Env = append(s.env, s.address)
	out, _ := cmd.CombinedOutput() // an error is in what it says
	return string(out)
}

// link makes the bus one that is found without a variable.
func (s *session) link() {
	s.t.Helper()
	if err := os.Symlink(s.path, filepath.Join(s.dir, "run", "bus")); err != nil {
		s.t.Fatal(err)
	}
}
