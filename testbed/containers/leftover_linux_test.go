package containers

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/loom-core/loom/testbed/engine"
)

// started is a run of this binary that uses a service.
type started struct {
	t     *testing.T
	cmd   *exec.Cmd
	base  string
	lines chan string
	said  []string
}

// startRun starts a run that waits to be ended, or ends by itself.
func startRun(t *testing.T, base, use string, waits bool) *started {
	t.Helper()
	r := &started{t: t, base: base, lines: make(chan string)}
	r.cmd = exec.Command(os.Args[0], "-test.run=^TestInner$", "-test.v")
	r.cmd.Env = append(os.Environ(), baseVariable+"="+base, "CONTAINERS_TEST_USE="+use)
	if waits {
		r.cmd.Env = append(r.cmd.Env, "CONTAINERS_TEST_WAIT=1")
	}
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := r.cmd.StdoutPipe()
	if err == nil {
		r.cmd.Stderr = r.cmd.Stdout
		err = r.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.cmd.Process.Kill(); r.cmd.Wait() })
	go func() { // ends with the run
		defer close(r.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			r.lines <- s.Text()
		}
	}()
	return r
}

// until reads what it says up to a line with that in it, or to the end.
func (r *started) until(text string) {
	r.t.Helper()
	give := time.After(10 * time.Minute) // it may make an image
	for {
		select {
		case line, ok := <-r.lines:
			if !ok {
				if text != "" {
					r.t.Fatalf("it never said %q:\n%s", text, strings.Join(r.said, "\n"))
				}
				return
			}
			r.said = append(r.said, line)
			if text != "" && strings.Contains(line, text) {
				return
			}
		case <-give:
			r.t.Fatalf("it hangs, having said\n%s", strings.Join(r.said, "\n"))
		}
	}
}

// running are the containers of a run by their ids.
func (r *started) running() (ids []string) {
	r.t.Helper()
	for _, c := range listed(r.t) {
		if strings.HasPrefix(c.label, r.base+"/") || strings.HasPrefix(c.cluster, "loom-") && r.owns(c.cluster) {
			ids = append(ids, c.id)
		}
	}
	return ids
}

// owns reports whether a cluster or a network is called after a folder in base.
func (r *started) owns(name string) bool {
	dirs, _ := filepath.Glob(filepath.Join(r.base, "r*")) // the pattern is good
	for _, dir := range dirs {
		if strings.HasPrefix(name, "loom-"+filepath.Base(dir)) {
			return true
		}
	}
	return false
}

type listedContainer struct{ id, label, cluster string }

func listed(t *testing.T) (all []listedContainer) {
	t.Helper()
	docker, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list, err := docker.ContainerList(t.Context(), client.ContainerListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Items {
		all = append(all, listedContainer{c.ID, c.Labels[label], c.Labels[kindLabel]})
	}
	return all
}

// everything is what the engine has but images.
func everything(t *testing.T) string {
	t.Helper()
	docker, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range listed(t) {
		all = append(all, "container "+c.id+" "+c.label+c.cluster)
	}
	networks, err := docker.NetworkList(t.Context(), client.NetworkListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range networks.Items {
		if strings.HasPrefix(n.Name, "loom-") {
			all = append(all, "network "+n.Name)
		}
	}
	volumes, err := docker.VolumeList(t.Context(), client.VolumeListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range volumes.Items {
		all = append(all, "volume "+v.Name)
	}
	return strings.Join(all, "\n")
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for give := time.Now().Add(2 * time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(give) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// gone waits until nothing of the run is left. before is what there was.
func (r *started) gone(before string) {
	r.t.Helper()
	now := ""
	for give := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		left, _ := filepath.Glob(filepath.Join(r.base, "r*")) // the pattern is good
		if now = everything(r.t); now == before && len(left) == 0 {
			return
		}
		if time.Now().After(give) {
			r.t.Fatalf("left are %q, and in the engine\n%s\nwhere there was\n%s\nit said\n%s", left, now, before, strings.Join(r.said, "\n"))
		}
	}
}

// TestEnds: whichever way a run ends, nothing of it is left: no container, network,
// volume, folder.
func TestEnds(t *testing.T) {
	gate(t)
	for _, c := range []struct {
		name, use string
		signal    os.Signal
		early     bool // while it starts, with its container there
	}{
		{"interrupted", "prometheus", os.Interrupt, false},
		{"killed", "prometheus", os.Kill, false},
		{"interrupted while a cluster starts", "kubernetes", os.Interrupt, true},
		{"killed while a cluster starts", "kubernetes", os.Kill, true},
		{"killed with a cluster", "kubernetes", os.Kill, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := everything(t)
			r := startRun(t, place(t), c.use, true)
			if c.early {
				eventually(t, "there is a container", func() bool { return len(r.running()) > 0 })
			} else {
				r.until("it answers")
				if len(r.running()) != 1 {
					t.Errorf("the run has the containers %q", r.running())
				}
			}
			began := time.Now()
			r.cmd.Process.Signal(c.signal)
			r.until("")
			r.cmd.Wait()
			r.gone(before)
			t.Logf("all was gone %s after that", time.Since(began).Round(10*time.Millisecond))
			if code := r.cmd.ProcessState.ExitCode(); c.signal == os.Interrupt && code != 130 {
				t.Errorf("exit status %d, having said\n%s", code, strings.Join(r.said, "\n"))
			}
		})
	}
}

// place is a place for runs with a short name.
func place(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "c")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// TestSweep: what is left of a run whose warden was killed too, the next one
// removes.
func TestSweep(t *testing.T) {
	gate(t)
	before := everything(t)
	base := place(t)
	r := startRun(t, base, "prometheus", true)
	r.until("it answers")
	for _, child := range children(r.cmd.Process.Pid) { // its warden
		syscall.Kill(child, syscall.SIGKILL)
	}
	r.cmd.Process.Kill()
	r.until("")
	r.cmd.Wait()
	if len(r.running()) != 1 {
		t.Fatalf("there is nothing to sweep: %q", r.running())
	}
	next := startRun(t, base, "prometheus", false)
	next.until("and ended 1 of its processes and containers")
	next.until("")
	next.cmd.Wait()
	next.gone(before)
}

// TestTwoRuns: a run that ends and one that is killed do not disturb another.
func TestTwoRuns(t *testing.T) {
	gate(t)
	before := everything(t)
	base := place(t)
	first := startRun(t, base, "prometheus", true)
	first.until("it answers")
	mine := first.running()
	second := startRun(t, base, "prometheus", false)
	second.until("")
	if second.cmd.Wait(); second.cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("the second run says\n%s", strings.Join(second.said, "\n"))
	}
	third := startRun(t, base, "prometheus", true)
	third.until("it answers")
	third.cmd.Process.Kill()
	third.until("")
	third.cmd.Wait()
	eventually(t, "only the first is left", func() bool { return len(first.running()) == 1 })
	if now := first.running(); now[0] != mine[0] {
		t.Errorf("the first has another container: %q, %q", mine, now)
	}
	first.cmd.Process.Signal(os.Interrupt)
	first.until("")
	first.cmd.Wait()
	first.gone(before)
}

// TestLost: a container that is killed while tests run ends the run at once, with
// its last lines.
func TestLost(t *testing.T) {
	gate(t)
	before := everything(t)
	r := startRun(t, place(t), "prometheus", true)
	r.until("it answers")
	docker, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := docker.ContainerKill(context.Background(), r.running()[0], client.ContainerKillOptions{Signal: "KILL"}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r.until("")
	r.cmd.Wait()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	text := strings.Join(r.said, "\n")
	for _, want := range []string{"the run fails: prometheus (containers) ended while tests ran\nit wrote last:\n", "(its container exited with 137)", "what to do: "} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if code := r.cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit status %d", code)
	}
	r.gone(before)
}

// TestEngineLost: so does an engine that is killed; with it goes all that it had.
func TestEngineLost(t *testing.T) {
	gate(t)
	if os.Getuid() != 0 {
		t.Skip("an engine needs root")
	}
	e := engine.Engine{Dir: place(t)}
	if err := e.Start(t.Context(), func(string) {}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	usual := os.Getenv("DOCKER_HOST")
	os.Setenv("DOCKER_HOST", e.Host())
	r := startRun(t, place(t), "prometheus", true)
	os.Setenv("DOCKER_HOST", usual)
	r.until("it answers")
	text, _ := e.Status(t.Context())
	pid, err := strconv.Atoi(text[strings.LastIndexByte(text, ' ')+1:])
	if err != nil {
		t.Fatal(text)
	}
	syscall.Kill(pid, syscall.SIGKILL)
	r.until("")
	r.cmd.Wait()
	said := strings.Join(r.said, "\n")
	for _, want := range []string{"ended while tests ran\nit wrote last:\n", "(the engine lost it: ", "what to do: the container engine ended: make testbed-engine starts one"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(r.base, "r*")); len(left) > 0 || r.cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("exit status %d, left is %q", r.cmd.ProcessState.ExitCode(), left)
	}
}
