package testbed_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/testbed"
)

// pidIn waits until a process has written its id to a file of the home directory.
func pidIn(t *testing.T, w *testbed.World, name string) int {
	t.Helper()
	var text string
	testbed.Eventually(t, "a process id in "+name, func() bool {
		raw, _ := os.ReadFile(filepath.Join(w.Home, name))
		text = string(raw)
		return strings.HasSuffix(text, "\n")
	})
	return number(t, strings.TrimSpace(text))
}

// killLoomd kills it and returns when the client's proxy has noticed: a call
// that comes before that may be lost.
func killLoomd(t *testing.T, w *testbed.World, c *testbed.Client, server string) {
	t.Helper()
	lost := c.Begin(server+"__hang", "{}")
	testbed.Eventually(t, "the call is in flight", func() bool { return w.InFlight(server) == 1 })
	w.Kill(w.Status().PID)
	if f := c.Answer(lost); f.Err() == nil {
		t.Errorf("a call was answered by a killed loomd: %s", f)
	}
}

// needs skips a test on a system without a command.
func needs(t *testing.T, command string) {
	t.Helper()
	if _, err := exec.LookPath(command); err != nil {
		t.Skipf("there is no %s: install util-linux", command)
	}
}

// insist calls a tool until it succeeds: a call that was sent to a process which
// is just ending fails, and is not sent again by itself.
func insist(t *testing.T, c *testbed.Client, tool string) (text string) {
	t.Helper()
	testbed.Eventually(t, "an answer of "+tool, func() bool {
		f := c.Call(tool, "{}")
		text = f.Text()
		return f.Err() == nil
	})
	return text
}

// wrapped is a server behind a shell, as npx and uvx start one: the shell gets
// the death signal and the server, which ignores the end of its stdin, does
// not. A grandchild has a session of its own and ignores SIGTERM.
const wrapped = `
servers:
  wrapped:
    command: /bin/sh
    args:
      - -c
      - setsid sh -c 'trap "" TERM; echo $$$$ >>@home/grandchild; exec sleep 600' </dev/null >/dev/null 2>&1 & @fake --stubborn; exit 1
    share: global
`

// TestNothingIsLeftOfAKilledLoomd: after kill -9 of loomd the next one ends
// what it left, also what no signal to a process group reaches.
func TestNothingIsLeftOfAKilledLoomd(t *testing.T) {
	needs(t, "setsid")
	w, other := newWorld(t, wrapped), testbed.New(t, options(t))
	other.Registry(wrapped)
	neighbour := other.Connect(testbed.ClientOptions{})
	neighbours := []int{number(t, neighbour.MustCall("wrapped__pid", "{}")), pidIn(t, other, "grandchild")}

	c := w.Connect(testbed.ClientOptions{})
	server, grandchild := number(t, c.MustCall("wrapped__pid", "{}")), pidIn(t, w, "grandchild")
	killLoomd(t, w, c, "wrapped")
	if !w.Alive(server) || !w.Alive(grandchild) {
		t.Fatal("they did not outlive loomd: this shows nothing")
	}
	if err := os.Remove(filepath.Join(w.Home, "grandchild")); err != nil {
		t.Fatal(err)
	}
	next := number(t, insist(t, c, "wrapped__pid"))
	if next == server {
		t.Error("the server of the killed loomd answered")
	}
	w.Gone(server)
	w.Gone(grandchild)
	if again := pidIn(t, w, "grandchild"); !w.Alive(next) || !w.Alive(again) {
		t.Error("the new loomd ended what it had started itself")
	}
	for _, pid := range neighbours {
		if !other.Alive(pid) {
			t.Errorf("process %d of another loomd was ended", pid)
		}
	}
}

// TestNothingIsLeftAfterStop: loom stop ends also what has left the group of
// its server.
func TestNothingIsLeftAfterStop(t *testing.T) {
	needs(t, "setsid")
	w := newWorld(t, wrapped)
	c := w.Connect(testbed.ClientOptions{})
	c.MustCall("wrapped__pid", "{}")
	grandchild := pidIn(t, w, "grandchild")
	w.MustLoom("stop")
	w.Gone(grandchild)
}

// docker is a program that runs a container beside the one that speaks for it:
// when the client is killed the container runs on, without the environment
// that the client had.
const docker = `#!/bin/sh
containers=$HOME/containers
mkdir -p "$containers"
verb=$1
shift
echo "$verb $*" >>"$HOME/docker.log"
case $verb in
run)
	id=c0ffee$$
	while [ $# -gt 0 ]; do
		case $1 in
		--cidfile) file=$2; shift 2 ;;
		--label) echo "$2" >>"$containers/.$id"; shift 2 ;;
		*) shift ;;
		esac
	done
	env -i HOME="$HOME" setsid sleep 600 </dev/null >/dev/null 2>&1 &
	echo $! >"$HOME/container"
	echo $! >>"$containers/.$id"
	mv "$containers/.$id" "$containers/$id"
	echo $id >"$file"
	exec @fake $FAKE_ARGS
	;;
ps)
	for last; do want=${last#label=}; done
	cd "$containers"
	grep -lxF -- "$want" *
	;;
rm)
	for id; do :; done
	[ -e "$containers/$id" ] || { echo "No such container: $id" >&2; exit 1; }
	kill -9 "$(tail -n 1 "$containers/$id")"
	rm "$containers/$id"
	;;
esac
exit 0
`

const contained = `
servers:
  contained: {command: @home/bin/docker, args: [run, -i, --rm, image], share: global}
`

// newContained is a world with that docker.
func newContained(t *testing.T) (*testbed.World, *testbed.Client) {
	t.Helper()
	needs(t, "setsid")
	w := newWorld(t, contained)
	if err := os.Chmod(w.WriteFile("bin/docker", w.Expand(docker)), 0o700); err != nil {
		t.Fatal(err)
	}
	return w, w.Connect(testbed.ClientOptions{})
}

// TestTheContainerOfAKilledLoomd: the next loomd ends it.
func TestTheContainerOfAKilledLoomd(t *testing.T) {
	w, c := newContained(t)
	server := number(t, c.MustCall("contained__pid", "{}"))
	container := pidIn(t, w, "container")
	killLoomd(t, w, c, "contained")
	w.Gone(server)
	if !w.Alive(container) {
		t.Fatal("it ended with its client: this shows nothing")
	}
	insist(t, c, "contained__pid")
	w.Gone(container)
	if next := pidIn(t, w, "container"); next == container || !w.Alive(next) {
		t.Errorf("the new container is %d, the old one was %d", next, container)
	}
}

// TestTheContainerOfAKilledServer: it ends with the process that speaks for it,
// and the next one starts.
func TestTheContainerOfAKilledServer(t *testing.T) {
	w, c := newContained(t)
	server := number(t, c.MustCall("contained__pid", "{}"))
	container := pidIn(t, w, "container")
	w.Kill(server)
	w.Gone(container)
	insist(t, c, "contained__pid")
	last := pidIn(t, w, "container")
	w.MustLoom("stop")
	w.Gone(last)
	if left, _ := filepath.Glob(filepath.Join(w.Dirs.State, "containers", "*")); len(left) > 0 {
		t.Errorf("loom stop left %q", left)
	}
}

// TestAContainerThatIsStartedTwice: a server that ends at server/discover is
// started once more, with the same arguments.
func TestAContainerThatIsStartedTwice(t *testing.T) {
	needs(t, "setsid")
	w := newWorld(t, strings.Replace(contained, "share: global", "share: global, env: {FAKE_ARGS: --era=exit}", 1))
	// As docker does: it refuses a file that is there, and its rm takes a moment.
	text := strings.Replace(docker, "\tenv -i", "\t[ ! -e \"$file\" ] || { echo 'container ID file found' >&2; exit 125; }\n\tenv -i", 1)
	text = strings.Replace(text, "\nrm)\n", "\nrm)\n\tsleep 0.2\n", 1)
	if err := os.Chmod(w.WriteFile("bin/docker", w.Expand(text)), 0o700); err != nil {
		t.Fatal(err)
	}
	c := w.Connect(testbed.ClientOptions{})
	c.MustCall("contained__pid", "{}")
	if container := pidIn(t, w, "container"); !w.Alive(container) {
		t.Error("the container of the server that runs was ended")
	}
	w.MustLoom("stop")
}
