package launch

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/core/localsock"
)

// The fake loomd is this test binary: FAKE_LOOMD says how it behaves.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == DetachArgument {
		os.Exit(Detach(os.Args[2:]))
	}
	if how := os.Getenv("FAKE_LOOMD"); how != "" {
		os.Exit(fakeLoomd(how))
	}
	os.Exit(m.Run())
}

// fakeLoomd greets every connection with its pid, arguments and folder, until
// somebody writes a line to it. gate is a fifo: opening it waits for the test.
func fakeLoomd(how string) int {
	flags := flag.NewFlagSet("loomd", flag.ContinueOnError)
	socket := flags.String("socket", "", "")
	registry := flags.String("registry", "", "")
	if err := flags.Parse(os.Args[1:]); err != nil {
		return 2
	}
	gate := os.Getenv("FAKE_GATE")
	wd, _ := os.Getwd()
	switch how {
	case "panics":
		fmt.Fprintln(os.Stderr, "panic: the reason"+strings.Repeat("\nframe", 40))
		return 2
	case "exits":
		fmt.Fprintln(os.Stderr, "registry.yaml:3: unknown key \"comand\"")
		return 1
	case "silent":
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		<-stop
		return 0
	case "loses":
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		f, err := os.OpenFile(gate, os.O_WRONLY, 0) // returns when the test has opened the other end
		if err != nil {
			return 1
		}
		defer f.Close()
		fmt.Fprintln(f, os.Getpid())
		<-stop
		return 0
	case "late":
		os.ReadFile(gate)
	}
	dirs, err := localsock.UserDirs()
	if err != nil {
		return 1
	}
	l, err := localsock.Listen(*socket, dirs)
	var inUse *localsock.InUseError
	if errors.As(err, &inUse) {
		return ExitInUse
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer l.Close()
	if home := os.Getenv("HOME"); os.Chdir(filepath.Join(home, "live")) != nil {
		os.RemoveAll(home) // the test was over before we came up
		return 1
	}
	os.Chdir("..")
	for {
		conn, err := l.Accept()
		if err != nil {
			return 1
		}
		group, _ := syscall.Getpgid(0) // its own, when it leads a session
		fmt.Fprintf(conn, "%d %d %s %q %s %s\n", os.Getpid(), group, wd, *registry, os.Getenv("LOOM_ENVIRONMENT"), os.Getenv("EXTRA"))
		line, err := bufio.NewReader(conn).ReadString('\n')
		conn.Close()
		if err == nil && line == "stop\n" {
			return 0
		}
	}
}

// scratch is a HOME of its own, and options that start a fake loomd there.
func scratch(t *testing.T, how string) Options {
	t.Helper()
	home, err := os.MkdirTemp("", "loom") // t.TempDir's name may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	// A fake that lost against another one may come up when the test is over. It
	// then finds no live folder; one that came up before is there to be asked.
	if err := os.Mkdir(filepath.Join(home, "live"), 0o700); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(home, "run", "loomd.sock")
	t.Cleanup(func() {
		os.Remove(filepath.Join(home, "live"))
		if conn, err := localsock.Dial(context.Background(), socket); err == nil {
			fmt.Fprintln(conn, "stop")
			io.Copy(io.Discard, conn) // until it has gone, which it may have been about to
			conn.Close()
		}
		os.RemoveAll(home)
	})
	t.Setenv("HOME", home)
	for _, v := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "LOOM_SOCKET"} {
		t.Setenv(v, "")
	}
	t.Setenv("SHELL", "/bin/sh")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(Variable, self)
	dirs, err := localsock.UserDirs()
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Dirs: dirs, Socket: socket, Detacher: &Detacher{Path: self, Name: self},
		Env: []string{"FAKE_LOOMD=" + how, "EXTRA=extra"},
	}
}

// greeting reads what the fake says and asks it to stop.
func greeting(t *testing.T, conn *net.UnixConn, answer string) []string {
	t.Helper()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(conn, answer)
	conn.Close()
	return strings.Fields(line)
}

func TestConnectStartsADetachedLoomd(t *testing.T) {
	o := scratch(t, "serves")
	o.Registry = "/some/registry.yaml"
	var said []string
	o.Log = func(s string) { said = append(said, s) }
	conn, err := Connect(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	got := greeting(t, conn, "stop")
	home, _ := filepath.EvalSymlinks(os.Getenv("HOME"))
	if want := []string{got[0], got[0], home, `"/some/registry.yaml"`, "guessed", "extra"}; !slices.Equal(got, want) {
		t.Errorf("got pid, group, folder, registry, environment, extra = %v, want %v", got, want)
	}
	if len(said) != 1 || !strings.HasPrefix(said[0], "starting ") {
		t.Errorf("said %q", said)
	}
	if fi, err := os.Stat(o.Dirs.DaemonLog()); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("log: %v, %v", fi, err)
	}
}

func TestConnectWaitsForALateLoomd(t *testing.T) {
	o := scratch(t, "late")
	gate := filepath.Join(os.Getenv("HOME"), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Env = append(o.Env, "FAKE_GATE="+gate)
	var wg sync.WaitGroup
	wg.Go(func() { os.WriteFile(gate, nil, 0) }) // returns when the fake has opened the other end
	conn, err := Connect(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	greeting(t, conn, "stop")
	wg.Wait()
}

func TestConnectTellsWhyLoomdEnded(t *testing.T) {
	o := scratch(t, "exits")
	os.MkdirAll(o.Dirs.State, 0o700)
	os.WriteFile(o.Dirs.DaemonLog(), []byte("a line of yesterday\n"), 0o600)
	_, err := Connect(context.Background(), o)
	var exit *ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("got %v", err)
	}
	if want := []string{`registry.yaml:3: unknown key "comand"`}; !slices.Equal(exit.Tail, want) {
		t.Errorf("tail %q, want %q", exit.Tail, want)
	}
}

func TestThePanicOfALoomdIsNotCutOff(t *testing.T) {
	o := scratch(t, "panics")
	_, err := Connect(context.Background(), o)
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Tail[0] != "panic: the reason" || len(exit.Tail) != tailMax+1 {
		t.Errorf("got %v", err)
	}
}

func TestConnectGivesUpOnASilentLoomd(t *testing.T) {
	o := scratch(t, "silent")
	o.Wait = 50 * time.Millisecond
	_, err := Connect(context.Background(), o)
	var silent *SilentError
	if !errors.As(err, &silent) {
		t.Fatalf("got %v", err)
	}
	syscall.Kill(silent.PID, syscall.SIGKILL)
}

func TestConnectEndsWithItsContext(t *testing.T) {
	o := scratch(t, "late")
	gate := filepath.Join(os.Getenv("HOME"), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Env = append(o.Env, "FAKE_GATE="+gate)
	ctx, cancel := context.WithCancel(context.Background())
	opened := make(chan *os.File)
	go func() {
		f, err := os.OpenFile(gate, os.O_WRONLY, 0) // returns when the fake runs
		if err != nil {
			t.Error(err)
		}
		cancel()
		opened <- f
	}()
	if _, err := Connect(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// loomd was not taken along: it goes on as soon as it can.
	(<-opened).Close()
	conn, err := dialUntil(context.Background(), o.Socket, nil, time.Now().Add(defaultWait))
	if err != nil {
		t.Fatal(err)
	}
	greeting(t, conn, "stop")
}

func TestTwoStartersEndWithOneLoomd(t *testing.T) {
	o := scratch(t, "serves")
	var wg sync.WaitGroup
	pids := make([]string, 4)
	errs := make([]error, len(pids))
	for i := range pids {
		wg.Go(func() {
			var conn *net.UnixConn
			if conn, errs[i] = Connect(context.Background(), o); errs[i] == nil {
				pids[i] = greeting(t, conn, "again")[0]
			}
		})
	}
	wg.Wait()
	for i, pid := range pids {
		if errs[i] != nil {
			t.Error(errs[i])
		} else if pid != pids[0] {
			t.Errorf("loomd %s and loomd %s both serve", pids[0], pid)
		}
	}
}

// TestALateLoserIsEnded: a loomd that was started while another one came up must
// not serve when that one is stopped a moment later.
func TestALateLoserIsEnded(t *testing.T) {
	o := scratch(t, "loses")
	gate := filepath.Join(os.Getenv("HOME"), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Env = append(o.Env, "FAKE_GATE="+gate)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		f, err := os.Open(gate) // returns when the loser runs
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		l, err := localsock.Listen(o.Socket, o.Dirs) // the winner is this process
		if err != nil {
			t.Error(err)
			return
		}
		defer l.Close()
		f.SetReadDeadline(time.Now().Add(defaultWait))
		said, err := io.ReadAll(f)
		if err != nil {
			t.Errorf("the loser was not ended: %v", err)
			var pid int
			if _, err := fmt.Sscan(string(said), &pid); err == nil {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	})
	conn, err := Connect(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if pid, err := localsock.PeerPID(conn); err != nil || pid != os.Getpid() {
		t.Errorf("connected to process %d (%v), want this one", pid, err)
	}
}

// fakeService is a service manager: start brings up a loomd, or not.
type fakeService struct{ start func(context.Context) error }

func (s fakeService) Start(ctx context.Context) error { return s.start(ctx) }

func TestConnectGoesThroughTheService(t *testing.T) {
	o := scratch(t, "exits") // a detached one would fail
	var l *localsock.Listener
	o.Service = fakeService{func(context.Context) (err error) {
		l, err = localsock.Listen(o.Socket, o.Dirs)
		return err
	}}
	conn, err := Connect(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	l.Close()
}

// TestAServiceThatFailsIsNoReason: it does not start, does not serve, or does not
// come to an end.
func TestAServiceThatFailsIsNoReason(t *testing.T) {
	for want, start := range map[string]func(context.Context) error{
		"starting loomd as a service: no such unit":    func(context.Context) error { return errors.New("no such unit") },
		"starting loomd as a service: it does not":     func(context.Context) error { return nil },
		"starting loomd as a service: context deadlin": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(want[28:], func(t *testing.T) {
			o := scratch(t, "serves")
			o.Service, o.Wait = fakeService{start}, time.Second
			if !strings.Contains(want, "no such unit") {
				o.Wait = 600 * time.Millisecond
			}
			var failed error
			o.Failed = func(err error) { failed = err }
			conn, err := Connect(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			greeting(t, conn, "stop")
			if failed == nil || !strings.HasPrefix(failed.Error(), want) {
				t.Errorf("Failed was told %v, want %s", failed, want)
			}
		})
	}
	o := scratch(t, "serves")
	ctx, cancel := context.WithCancel(context.Background())
	o.Service = fakeService{func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() }}
	if _, err := Connect(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestConnectNamesTheLoomdOfAnotherSocket(t *testing.T) {
	o := scratch(t, "serves")
	conn, err := Connect(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	greeting(t, conn, "again")
	other := o
	other.Socket = filepath.Join(os.Getenv("HOME"), "run", "other.sock")
	_, err = Connect(context.Background(), other)
	var elsewhere *ElsewhereError
	if !errors.As(err, &elsewhere) || elsewhere.Other != o.Socket {
		t.Errorf("got %v", err)
	}
}

func TestALongLogIsPutAside(t *testing.T) {
	o := scratch(t, "exits")
	os.MkdirAll(o.Dirs.State, 0o700)
	if err := os.WriteFile(o.Dirs.DaemonLog(), make([]byte, maxLog+1), 0o600); err != nil {
		t.Fatal(err)
	}
	Connect(context.Background(), o)
	if fi, err := os.Stat(o.Dirs.DaemonLog() + ".1"); err != nil || fi.Size() != maxLog+1 {
		t.Errorf("rotated: %v, %v", fi, err)
	}
	if fi, err := os.Stat(o.Dirs.DaemonLog()); err != nil || fi.Size() > 1000 {
		t.Errorf("new: %v, %v", fi, err)
	}
}

func TestFind(t *testing.T) {
	o := scratch(t, "")
	t.Setenv(Variable, "")
	bin, saved := t.TempDir(), t.TempDir()
	t.Setenv("PATH", bin)
	_, err := Find(o.Dirs)
	var none *NotFoundError
	if !errors.As(err, &none) || !slices.Contains(none.Looked, "PATH="+bin) {
		t.Fatalf("got %v", err)
	}

	write := func(dir string) string {
		path := filepath.Join(dir, "loomd")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	want := write(saved)
	os.MkdirAll(o.Dirs.State, 0o700)
	os.WriteFile(o.Dirs.SavedEnvironment(), fmt.Appendf(nil, `{"PATH":%q}`, saved), 0o600)
	if got, err := Find(o.Dirs); got != want {
		t.Errorf("on the saved PATH: %s, %v", got, err)
	}
	want = write(bin)
	if got, err := Find(o.Dirs); got != want {
		t.Errorf("on PATH: %s, %v", got, err)
	}
	t.Setenv(Variable, filepath.Join(bin, "none"))
	if _, err := Find(o.Dirs); err == nil || !strings.Contains(err.Error(), Variable) {
		t.Errorf("a %s that is not there: %v", Variable, err)
	}
}

// TestFindPrefersTheLink: loomd beside the link by which loom was called, when it
// is the same one as beside loom itself.
func TestFindPrefersTheLink(t *testing.T) {
	o := scratch(t, "")
	t.Setenv(Variable, "")
	real, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	beside := filepath.Join(filepath.Dir(real), "loomd") // of the test binary: its folder is the test's
	if err := os.WriteFile(beside, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(beside)
	dir := t.TempDir()
	args := os.Args
	defer func() { os.Args = args }()
	os.Args = []string{filepath.Join(dir, "loom")}
	if err := os.Symlink(real, os.Args[0]); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(o.Dirs); got != beside {
		t.Errorf("without a link to loomd: %s, %v, want %s", got, err, beside)
	}
	link := filepath.Join(dir, "loomd")
	if err := os.Symlink(beside, link); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(o.Dirs); got != link {
		t.Errorf("with one: %s, %v, want %s", got, err, link)
	}
	os.Remove(link)
	if err := os.WriteFile(link, []byte("#!/bin/sh\n# another\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(o.Dirs); got != beside {
		t.Errorf("with another loomd beside the link: %s, %v, want %s", got, err, beside)
	}
}

func TestSelfIsTheLinkThatWasCalled(t *testing.T) {
	real, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	link := filepath.Join(dir, "loom")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	args := os.Args
	defer func() { os.Args = args }()
	os.Args = append([]string{link}, args[1:]...)
	if got, err := Self(); got != link {
		t.Errorf("Self() = %s, %v, want %s", got, err, link)
	}
	os.Args = []string{"something-else"}
	if got, _ := Self(); !sameFile(got, real) {
		t.Errorf("Self() = %s, want %s", got, real)
	}
}
