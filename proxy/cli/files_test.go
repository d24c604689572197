package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/loom-core/loom/core/depstest"
)

func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "sub", "registry.yaml")
	check := func(path, want string, mode os.FileMode) {
		t.Helper()
		got, err := os.ReadFile(path)
		fi, _ := os.Lstat(path)
		if err != nil || string(got) != want || fi.Mode() != mode {
			t.Errorf("%s: %q, %v, %v", path, got, fi, err)
		}
	}
	replace := func(path, text string) {
		t.Helper()
		if err := replaceFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	replace(file, "new")
	check(file, "new", 0o600)
	if fi, _ := os.Stat(filepath.Dir(file)); fi.Mode().Perm() != 0o700 {
		t.Errorf("folder %v", fi.Mode())
	}
	os.Chmod(file, 0o640)
	replace(file, "again")
	check(file, "again", 0o640)

	// A relative link, a link to a link, and one to a file that is not there yet.
	link, second, dangling := filepath.Join(dir, "link"), filepath.Join(dir, "second"), filepath.Join(dir, "dangling")
	os.Symlink(filepath.Join("sub", "registry.yaml"), link)
	os.Symlink("link", second)
	os.Symlink(filepath.Join("elsewhere", "r.yaml"), dangling)
	replace(second, "through")
	check(file, "through", 0o640)
	replace(dangling, "made")
	check(filepath.Join(dir, "elsewhere", "r.yaml"), "made", 0o600)
	for _, l := range []string{link, second, dangling} {
		if fi, err := os.Lstat(l); err != nil || fi.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more", l)
		}
	}

	os.Symlink("b", filepath.Join(dir, "a"))
	os.Symlink("a", filepath.Join(dir, "b"))
	if err := replaceFile(filepath.Join(dir, "a"), nil); err == nil {
		t.Error("links in a circle: no error")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", ".loom-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAlive(t *testing.T) {
	cmd := exec.Command("sh", "-c", "read line")
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
	if !alive(cmd.Process.Pid) {
		t.Error("it runs")
	}
	in.Close()
	out.Read(make([]byte, 1)) // its end
	cmd.Wait()
	if alive(cmd.Process.Pid) || alive(0) || alive(-1) {
		t.Error("it has ended")
	}
}

func TestSecretVariables(t *testing.T) {
	got := secretVariables([]string{"PATH=/bin", "LOOM_SECRET_A=x", "LOOM_SECRETS=y", "LOOM_SECRET_B="})
	if want := []string{"LOOM_SECRET_A=x", "LOOM_SECRET_B="}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDependencies(t *testing.T) {
	depstest.Forbid(t, "github.com/mark3labs/mcp-go", "it would decode what has to stay raw, and loom proxy starts with every client")
	depstest.Forbid(t, "github.com/99designs/keyring", "it dials the session bus when it is linked; loom runs loom-keyring instead")
	depstest.Forbid(t, "github.com/zricethezav/gitleaks/v8/detect", "its rules take 50 ms to load; loom runs loom-scan instead")
	depstest.Forbid(t, "net/http", "loom speaks to loomd's socket and to nobody else")
}

func TestMaskValue(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"PATH", "/a:/b@c", "/a:/b@c"},
		{"HTTPS_PROXY", "http://u:p@h:1", "http://***@h:1"},
		{"all_proxy", "socks5://u:p@ss@h", "socks5://***@h"},
		{"no_proxy", "a,b", "a,b"},
		{"http_proxy", "u:p@h:1", "***@h:1"},
		{"URLS", "http://u:p@h,https://v:q@i/x@y", "http://***@h,https://***@i/x@y"},
		{"OLD_TOKEN", "x", "***"},
	} {
		if got := maskValue(tc.name, tc.in); got != tc.want {
			t.Errorf("maskValue(%s, %s) = %s, want %s", tc.name, tc.in, got, tc.want)
		}
	}
}
