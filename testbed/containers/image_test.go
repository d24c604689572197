package containers

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loom-core/loom/testbed/service"
)

// TestPinned: an image of upstream is one state of it, and the one that is built.
func TestPinned(t *testing.T) {
	for name, i := range images {
		tag, digest, ok := strings.Cut(i.upstream, "@sha256:")
		if !ok || len(digest) != 64 || !strings.HasPrefix(tag, "docker.io/") || !strings.HasSuffix(strings.ReplaceAll(tag, ":v", ":"), ":"+i.program.Version) {
			t.Errorf("%s is %s, for version %s", name, i.upstream, i.program.Version)
		}
	}
	for name, new := range Provider().Services {
		if s := new(); s.Name() != name {
			t.Errorf("the service %s calls itself %s", name, s.Name())
		}
	}
}

func TestWriteScratch(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "loki")
	if err := os.WriteFile(binary, []byte("a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := writeScratch(&out, "/usr/bin/loki", binary); err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := tar.NewReader(&out); ; {
		h, err := r.Next()
		if err != nil {
			break
		}
		text, _ := io.ReadAll(r)
		got = append(got, fmt.Sprintf("%s %o %s", h.Name, h.Mode, text))
	}
	if want := "tmp/ 1777 |usr/bin/loki 755 a program"; strings.Join(got, "|") != want {
		t.Errorf("the files are %q, want %q", got, want)
	}
}

func TestKey(t *testing.T) {
	if key("a", "b") == key("ab") || key("a") == key("b") {
		t.Error("the key does not tell images apart")
	}
}

func TestImported(t *testing.T) {
	for in, want := range map[string]string{
		`{"status":"sha256:1"}`: "<nil>",
		`{"status":"x"}{"error":"write /y: no space left on device"}`: "write /y: no space left on device",
		`{"sta`: "unexpected EOF",
	} {
		if err := imported(strings.NewReader(in)); fmt.Sprint(err) != want {
			t.Errorf("imported(%s) = %v, want %s", in, err, want)
		}
	}
}

func TestMirrorIn(t *testing.T) {
	for in, want := range map[string]string{
		"# URIs: http://old.example.test\nTypes: deb\nURIs: http://debian.example.test/debian\nSuites: x\n": "http://debian.example.test/debian",
		"deb [arch=amd64 signed-by=/x] https://debian.example.test/debian bookworm main\n":                  "https://debian.example.test/debian",
		"deb cdrom:[Debian]/ bookworm main\n":                                                               "",
		"":                                                                                                  "",
	} {
		if got := mirrorIn(in); got != want {
			t.Errorf("mirrorIn(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestRemoval: the script says what it removes, and is content where there is no
// engine and where there is nothing.
func TestRemoval(t *testing.T) {
	for _, c := range []struct{ name, docker, want string }{
		{"one is being started", `case "$3" in ps) echo 12 ;; rm) if mkdir "$(dirname "$0")/tried" 2>/dev/null; then exit 1; fi ;; esac`, "container 12\n"},
		{"no engine", `exit 1`, ""},
		{"nothing is there", `exit 0`, ""},
		{"two are", `case "$3" in ps) echo 12; echo 34 ;; esac`, "container 12\ncontainer 34\n"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "docker"), []byte("#!/bin/sh\n"+c.docker+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/bin/true", filepath.Join(dir, "sleep")); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+":/usr/bin:/bin")
		h := service.Host{Dir: t.TempDir(), Owned: func(int) {}}
		var out bytes.Buffer
		if err := command(t.Context(), h, &out, "sh", "-c", removal, "unix:///nowhere", "a=b"); err != nil || out.String() != c.want {
			t.Errorf("%s: %q, %v", c.name, out.String(), err)
		}
	}
}

func TestWorks(t *testing.T) {
	t.Setenv("LOOM_TESTBED_IMAGES", "mine")
	if err := works(t.Context()); err == nil || err.Error() != "LOOM_TESTBED_IMAGES=mine: it is local, or not set" {
		t.Errorf("the error is %v", err)
	}
	t.Setenv("LOOM_TESTBED_IMAGES", "local")
	t.Setenv("PATH", t.TempDir())
	if err := works(t.Context()); err == nil || !strings.Contains(err.Error(), "apt-get install docker.io") {
		t.Errorf("the error is %v", err)
	}
}

// TestNoImage: an image that cannot be pulled or made says so and what to do, and
// nothing of it is left.
func TestNoImage(t *testing.T) {
	gate(t)
	docker, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := service.Host{Dir: t.TempDir(), Cache: t.TempDir(), Say: func(string) {}, Owned: func(int) {}}
	if _, err := pull(t.Context(), docker, h, "127.0.0.1:1/nothing:1"); err == nil || !strings.Contains(err.Error(), "pulling the image 127.0.0.1:1/nothing:1: ") ||
		!strings.Contains(err.Error(), "LOOM_TESTBED_IMAGES=local makes one here") {
		t.Errorf("the error is %v", err)
	}
	m := made{reference: "loom.test/full:1", key: "1", write: func(io.Writer) error { return fmt.Errorf("writing: %w", syscall.ENOSPC) }}
	if _, err := m.get(t.Context(), docker, h); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("with a full disk: %v", err)
	}
	if _, err := docker.ImageInspect(t.Context(), m.reference); err == nil {
		t.Error("half an image is there")
	}
}

// TestNewer: an image is made once for a key, and one of another key replaces it.
func TestNewer(t *testing.T) {
	gate(t)
	docker, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := service.Host{Dir: t.TempDir(), Cache: t.TempDir(), Say: func(string) {}, Owned: func(int) {}}
	written := 0
	get := func(key string) string {
		m := made{reference: "loom.test/newer:1", key: key, write: func(w io.Writer) error {
			written++
			binary := filepath.Join(h.Dir, "program")
			if err := os.WriteFile(binary, []byte(key), 0o600); err != nil {
				return err
			}
			return writeScratch(w, "/program", binary)
		}}
		id, err := m.get(t.Context(), docker, h)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	one := get("one")
	if again := get("one"); again != one || written != 1 {
		t.Errorf("made %d times: %s, %s", written, one, again)
	}
	two := get("two")
	if _, err := docker.ImageInspect(t.Context(), one); err == nil || two == one {
		t.Error("the older one is there")
	}
	remove(t, two)
}
