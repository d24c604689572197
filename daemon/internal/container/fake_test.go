package container

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// script is a docker whose containers are files in $FAKE: a file's name is the
// id and its lines are the labels. run waits until its stdin ends, and a
// container stays when its client is killed, as it does with the real one.
const script = `#!/bin/sh
echo "$*" >>"$FAKE/log"
while [ $# -gt 0 ]; do
	case $1 in
	--context | -H) shift 2 ;;
	-*) shift ;;
	*) break ;;
	esac
done
[ "$1" = container ] && shift
verb=$1
shift
if [ -e "$FAKE/down" ]; then
	echo "Cannot connect to the Docker daemon" >&2
	exit 1
fi
case $verb in
run)
	id=c0ffee$$
	while [ $# -gt 0 ]; do
		case $1 in
		--cidfile) file=$2; shift 2 ;;
		--label) echo "$2" >>"$FAKE/new.$$"; shift 2 ;;
		*) shift ;;
		esac
	done
	if [ -n "$file" ] && [ -e "$file" ]; then
		echo "container ID file found" >&2
		exit 125
	fi
	mv "$FAKE/new.$$" "$FAKE/containers/$id"
	if [ -n "$file" ]; then
		: >"$file"
		[ -e "$FAKE/slow" ] || echo $id >"$file"
	fi
	echo ready
	exec cat
	;;
ps)
	want=${5#label=}
	cd "$FAKE/containers" || exit 1
	for f in *; do
		[ -e "$f" ] && grep -qxF -- "$want" "$f" && echo "$f"
	done
	exit 0
	;;
kill) exit 0 ;;
rm)
	if [ ! -e "$FAKE/containers/$2" ]; then
		echo "Error response from daemon: No such container: $2" >&2
		exit 1
	fi
	mv "$FAKE/containers/$2" "$FAKE/removed.$2"
	;;
esac
`

// fake is a docker for one test.
type fake struct {
	dir  string
	path string
	opts Options
}

func newFake(t *testing.T, name string) *fake {
	t.Helper()
	dir := t.TempDir()
	f := &fake{dir: dir, path: filepath.Join(dir, "bin", name)}
	for _, d := range []string{"bin", "containers", "work"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(f.path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	f.opts = Options{
		Dir: filepath.Join(dir, "ids"), Instance: "1-now", Server: "git", WorkDir: filepath.Join(dir, "work"),
		Env: []string{"PATH=" + os.Getenv("PATH"), "FAKE=" + dir, "DOCKER_HOST=unix:///of/the/server", "TOKEN=s3cr3t"},
	}
	return f
}

// touch makes or removes a file that the script looks for.
func (f *fake) touch(t *testing.T, name string, there bool) {
	t.Helper()
	path := filepath.Join(f.dir, name)
	err := os.Remove(path)
	if there {
		err = os.WriteFile(path, nil, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fake) prepare(t *testing.T, args ...string) *Container {
	t.Helper()
	c, err := Prepare(f.path, args, f.opts)
	if err != nil || c == nil {
		t.Fatalf("%v %v", c, err)
	}
	return c
}

// killed starts the server and kills its client as soon as the container runs.
func (f *fake) killed(t *testing.T, c *Container) {
	t.Helper()
	cmd := exec.Command(f.path, c.Args...)
	cmd.Env, cmd.Dir = f.opts.Env, f.opts.WorkDir
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if n, _ := out.Read(make([]byte, 16)); n == 0 {
		cmd.Wait()
		t.Fatalf("it did not start: %s", stderr.String())
	}
	cmd.Process.Kill()
	cmd.Wait()
}

func (f *fake) containers(t *testing.T) int { return count(t, filepath.Join(f.dir, "containers")) }
func (f *fake) notes(t *testing.T) int      { return count(t, f.opts.Dir) }

func count(t *testing.T, dir string) int {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// log is every call of the script.
func (f *fake) log() []string {
	raw, _ := os.ReadFile(filepath.Join(f.dir, "log"))
	return strings.Split(strings.TrimSpace(string(raw)), "\n")
}

func (f *fake) called(verb string) int {
	return len(slices.DeleteFunc(f.log(), func(l string) bool { return !slices.Contains(strings.Fields(l), verb) }))
}
