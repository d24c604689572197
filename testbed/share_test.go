package testbed_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/loom-core/loom/testbed"
)

const shared = `
servers:
  all: {command: @fake, share: global}
  project: {command: @fake, share: workspace}
  own: {command: @fake, share: session}
`

// TestSharing: a global server has one process; a workspace one has one for
// each checkout and runs there; a session one belongs to one client.
func TestSharing(t *testing.T) {
	w := newWorld(t, shared)
	for _, dir := range []string{"work/one/.git", "work/one/deep/down", "work/two/.git"} {
		w.Mkdir(dir)
	}
	one, two := filepath.Join(w.Home, "work/one"), filepath.Join(w.Home, "work/two")
	inOne := w.Connect(testbed.ClientOptions{Dir: one})
	below := w.Connect(testbed.ClientOptions{Dir: filepath.Join(one, "deep/down")})
	inTwo := w.Connect(testbed.ClientOptions{Dir: two})
	clients := []*testbed.Client{inOne, below, inTwo}

	pids := func(tool string) (out []string) {
		for _, c := range clients {
			out = append(out, c.MustCall(tool, "{}"))
		}
		return out
	}
	if p := pids("all__pid"); p[0] != p[1] || p[1] != p[2] {
		t.Errorf("share: global gives %v", p)
	}
	if p := pids("project__pid"); p[0] != p[1] || p[1] == p[2] {
		t.Errorf("share: workspace gives %v", p)
	}
	if dirs := pids("project__cwd"); dirs[0] != one || dirs[1] != one || dirs[2] != two {
		t.Errorf("share: workspace runs in %v", dirs)
	}
	own := pids("own__pid")
	if own[0] == own[1] || own[1] == own[2] || own[0] == own[2] {
		t.Errorf("share: session gives %v", own)
	}
	for i, c := range clients {
		if again := c.MustCall("own__pid", "{}"); again != own[i] {
			t.Errorf("a second call went to %s, the first to %s", again, own[i])
		}
	}

	inOne.Close()
	w.Gone(number(t, own[0]))
	for i, c := range clients[1:] {
		if again := c.MustCall("own__pid", "{}"); again != own[i+1] {
			t.Errorf("another client's end took %s away: now it is %s", own[i+1], again)
		}
	}
}

// TestNoWorkspace: HOME and a folder that is no checkout are nobody's project;
// each session there has a process of its own.
func TestNoWorkspace(t *testing.T) {
	w := newWorld(t, shared)
	w.Mkdir(".git") // somebody keeps HOME under version control
	plain := w.Mkdir("plain")
	a, b := w.Connect(testbed.ClientOptions{Dir: plain}), w.Connect(testbed.ClientOptions{Dir: plain})
	home := w.Connect(testbed.ClientOptions{})
	pids := []string{a.MustCall("project__pid", "{}"), b.MustCall("project__pid", "{}"), home.MustCall("project__pid", "{}")}
	if pids[0] == pids[1] || pids[0] == pids[2] || pids[1] == pids[2] {
		t.Errorf("sessions without a project share %v", pids)
	}
	if dir := a.MustCall("project__cwd", "{}"); dir != plain {
		t.Errorf("the process of %s runs in %s", plain, dir)
	}
}

// TestWorkspaceThroughLink: a checkout reached by a link is the same one.
func TestWorkspaceThroughLink(t *testing.T) {
	w := newWorld(t, shared)
	w.Mkdir("real/.git")
	link := filepath.Join(w.Home, "link")
	if err := os.Symlink(filepath.Join(w.Home, "real"), link); err != nil {
		t.Fatal(err)
	}
	a, b := w.Connect(testbed.ClientOptions{Dir: filepath.Join(w.Home, "real")}), w.Connect(testbed.ClientOptions{Dir: link, Env: []string{"PWD=" + link}})
	if x, y := a.MustCall("project__pid", "{}"), b.MustCall("project__pid", "{}"); x != y {
		t.Errorf("the checkout has %s, and by its link %s", x, y)
	}
}
