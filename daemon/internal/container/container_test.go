package container

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAKilledClientsContainerIsEnded(t *testing.T) {
	for _, tc := range []struct {
		name, tool string
		args       []string
		slow       bool // killed before the id was written
	}{
		{"docker run", "docker", []string{"run", "-i", "--rm", "image"}, false},
		{"podman container run", "podman", []string{"container", "run", "-i", "image"}, false},
		{"with options before it", "docker", []string{"--context", "run", "-H", "ssh://x", "--debug", "run", "-i", "image", "run"}, false},
		{"before it has an id", "docker", []string{"run", "-i", "image"}, true},
		{"with an id file of its own", "docker", []string{"run", "--cidfile", "own.id", "-i", "image"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t, tc.tool)
			if tc.slow {
				f.touch(t, "slow", true)
			}
			other := f.prepare(t, "run", "image")
			f.killed(t, other)
			if tc.slow {
				f.touch(t, "slow", false)
			}
			c := f.prepare(t, tc.args...)
			if tc.slow {
				f.touch(t, "slow", true)
			}
			f.killed(t, c)
			if err := c.End(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := f.containers(t); n != 1 {
				t.Errorf("%d containers are left, want the other one", n)
			}
			if n := f.notes(t); n != 2 {
				t.Errorf("%d files are left, want those of the other one", n)
			}
			if left, _ := filepath.Glob(filepath.Join(f.opts.WorkDir, "*")); len(left) > 0 {
				t.Errorf("left in the working directory: %q", left)
			}
			calls := f.log()
			if rm := calls[len(calls)-1]; !strings.HasPrefix(rm, strings.Join(c.tool.Globals, " ")) || !strings.Contains(rm, "rm --force c0ffee") {
				t.Errorf("removed by %q", rm)
			}
			if err := c.End(t.Context()); err != nil || len(f.log()) != len(calls) {
				t.Errorf("a second time: %v, %d calls more", err, len(f.log())-len(calls))
			}
		})
	}
}

func TestOneThatIsGoneIsNoError(t *testing.T) {
	f := newFake(t, "docker")
	c := f.prepare(t, "run", "--rm", "image")
	f.killed(t, c)
	all, _ := filepath.Glob(filepath.Join(f.dir, "containers", "*"))
	os.Remove(all[0])
	if err := c.End(t.Context()); err != nil || f.notes(t) != 0 {
		t.Errorf("%v, %d notes", err, f.notes(t))
	}
}

func TestOneThatNeverWasCostsNothing(t *testing.T) {
	f := newFake(t, "docker")
	c := f.prepare(t, "run", "image")
	if err := c.End(t.Context()); err != nil || f.notes(t) != 0 || f.log()[0] != "" {
		t.Errorf("%v, %d notes, %q", err, f.notes(t), f.log())
	}
}

func TestAgain(t *testing.T) {
	f := newFake(t, "docker")
	c := f.prepare(t, "run", "image")
	for range 2 {
		f.killed(t, c) // fails if the id of the first one is still there
		if err := c.Again(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if f.containers(t) != 0 || f.notes(t) != 1 {
		t.Errorf("%d containers, %d notes", f.containers(t), f.notes(t))
	}
}

func TestADaemonThatIsDownIsTriedAgain(t *testing.T) {
	f := newFake(t, "docker")
	c := f.prepare(t, "run", "image")
	f.killed(t, c)
	f.touch(t, "down", true)
	if err := c.End(t.Context()); err == nil || !strings.Contains(err.Error(), "docker rm: exit status 1: Cannot connect to the Docker daemon") {
		t.Errorf("got %v", err)
	}
	f.touch(t, "down", false)
	if err := c.End(t.Context()); err != nil || f.containers(t) != 0 || f.notes(t) != 0 {
		t.Errorf("%v, %d containers, %d notes", err, f.containers(t), f.notes(t))
	}
}

func TestADaemonThatHangsHasADeadline(t *testing.T) {
	f := newFake(t, "docker")
	c := f.prepare(t, "run", "image")
	f.killed(t, c)
	if err := os.WriteFile(f.path, []byte("#!/bin/sh\nexec sleep 60\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.End(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if f.notes(t) == 0 {
		t.Error("nobody will try it again")
	}
}

func TestWhatIsAdded(t *testing.T) {
	f := newFake(t, "docker")
	c := f.prepare(t, "--context", "x", "run", "-i", "image", "--cidfile", "y")
	id := filepath.Join(f.opts.Dir, f.opts.Instance+"."+c.run+".id")
	want := []string{
		"--context", "x", "run", "--cidfile", id, "--label", "dev.loom.instance=1-now", "--label", "dev.loom.server=git", "--label", "dev.loom.run=" + c.run,
		"-i", "image", "--cidfile", "y",
	}
	if !slices.Equal(c.Args, want) || c.Warning != "" {
		t.Errorf("got  %q\nwant %q\nwarning %q", c.Args, want, c.Warning)
	}
	raw, err := os.ReadFile(c.note)
	if fi, _ := os.Stat(c.note); err != nil || fi.Mode().Perm() != 0o600 || strings.Contains(string(raw), "s3cr3t") {
		t.Errorf("the note is %v %s, %v", fi.Mode(), raw, err)
	}
	if c := f.prepare(t, "run", "-d", "image"); !strings.Contains(c.Warning, "-d") {
		t.Errorf("warning %q", c.Warning)
	}
	if snap, err := Prepare("/snap/bin/docker", []string{"run", "image"}, f.opts); err != nil || slices.Contains(snap.Args, "--cidfile") || snap.idFile != "" {
		t.Errorf("a snap: %q %v", snap.Args, err)
	}
	for _, path := range []string{"/usr/bin/node", "/usr/bin/docker-compose"} {
		if c, err := Prepare(path, []string{"run", "image"}, f.opts); c != nil || err != nil {
			t.Errorf("%s: %v %v", path, c, err)
		}
	}
	f.opts.Dir = filepath.Join(f.path, "no folder")
	if c, err := Prepare(f.path, []string{"run", "image"}, f.opts); c != nil || err == nil {
		t.Errorf("without a folder: %v %v", c, err)
	}
}

func TestSweep(t *testing.T) {
	f := newFake(t, "docker")
	for _, instance := range []string{"1-old", "1-old", "2-older", "3-down", "9-now"} {
		f.opts.Instance = instance
		f.killed(t, f.prepare(t, "--context", instance, "run", "image"))
	}
	// What lies about: half a note, one of a docker that is not there any more, an id alone.
	for name, text := range map[string]string{"4-half.x": `{"path":"/bi`, "5-gone.x": `{"path":"/nowhere/docker"}`, "6-id.x.id": "abc"} {
		if err := os.WriteFile(filepath.Join(f.opts.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	broken := filepath.Join(f.dir, "bin", "broken")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	down, _ := filepath.Glob(filepath.Join(f.opts.Dir, "3-down.*"))
	for _, file := range down {
		raw, _ := os.ReadFile(file)
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(raw), f.path, broken)), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	// The daemon that the note names is asked, not the one of loomd's environment.
	env := []string{"PATH=" + os.Getenv("PATH"), "FAKE=" + f.dir, "DOCKER_HOST=unix:///of/loomd"}
	ended, err := Sweep(t.Context(), f.opts.Dir, "9-now", env)
	if err == nil || !strings.Contains(err.Error(), "broken ps: exit status 1") {
		t.Errorf("got %v", err)
	}
	if len(ended) != 3 || f.containers(t) != 2 {
		t.Errorf("ended %q, %d left", ended, f.containers(t))
	}
	if f.called("ps") != 2 { // one for each life
		t.Errorf("calls: %q", f.log())
	}
	left, _ := os.ReadDir(f.opts.Dir)
	var names []string
	for _, l := range left {
		names = append(names, l.Name()[:5])
	}
	if want := []string{"3-dow", "3-dow", "9-now", "9-now"}; !slices.Equal(names, want) {
		t.Errorf("left are %q, want %q", names, want)
	}
}

func TestTheNoteChoosesTheDaemon(t *testing.T) {
	f := newFake(t, "docker")
	f.killed(t, f.prepare(t, "run", "image"))
	if err := os.WriteFile(f.path, []byte("#!/bin/sh\necho $DOCKER_HOST $TOKEN >\"$FAKE/host\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Sweep(t.Context(), f.opts.Dir, "other", []string{"FAKE=" + f.dir, "DOCKER_HOST=unix:///of/loomd"}); err != nil {
		t.Fatal(err)
	}
	if raw, _ := os.ReadFile(filepath.Join(f.dir, "host")); string(raw) != "unix:///of/the/server\n" {
		t.Errorf("asked %s", raw)
	}
}

func TestSweepOfNothing(t *testing.T) {
	if ended, err := Sweep(t.Context(), filepath.Join(t.TempDir(), "none"), "i", nil); len(ended) > 0 || err != nil {
		t.Errorf("%v %v", ended, err)
	}
}
