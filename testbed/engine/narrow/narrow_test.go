package narrow

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMissing(t *testing.T) {
	for status, want := range map[string]bool{
		"Name:\tx\nCapBnd:\t000001fffeffffff\n": true,
		"Name:\tx\nCapBnd:\t000001ffffffffff\n": false,
		"CapBnd:\tno number\n":                  false,
		"":                                      false,
	} {
		if got := Missing(status); got != want {
			t.Errorf("Missing(%q) = %v, want %v", status, got, want)
		}
	}
}

// TestFile: the forms in which containerd and people call runc.
func TestFile(t *testing.T) {
	for _, c := range []struct {
		args []string
		path string
	}{
		{[]string{"--root", "/run/x", "--log-format", "json", "create", "--bundle", "/b", "--pid-file", "/b/pid", "id"}, "/b/config.json"},
		{[]string{"run", "id"}, "config.json"},
		{[]string{"exec", "--process", "/tmp/p", "--detach", "id"}, "/tmp/p"},
		{[]string{"exec", "--process=/tmp/p", "id"}, "/tmp/p"},
		{[]string{"exec", "id", "sh"}, ""},
		{[]string{"delete", "--force", "id"}, ""},
		{[]string{"features"}, ""},
	} {
		if path, _ := file(c.args); path != c.path {
			t.Errorf("file(%q) = %q, want %q", c.args, path, c.path)
		}
	}
}

// TestApply: what may not be asked for goes, and all else stays as it is.
func TestApply(t *testing.T) {
	for _, c := range []struct {
		name, verb, in, want string
	}{
		{"a container", "create",
			`{"process":{"capabilities":{"bounding":["CAP_CHOWN","CAP_SYS_RESOURCE"],"ambient":[]},"oomScoreAdj":-999,"rlimits":[{"type":"RLIMIT_NOFILE"}],"args":["a"]},"linux":{"x":12345678901234567890}}`,
			`{"linux":{"x":12345678901234567890},"process":{"args":["a"],"capabilities":{"ambient":[],"bounding":["CAP_CHOWN"]},"oomScoreAdj":0}}`},
		{"a score that is allowed", "create", `{"process":{"oomScoreAdj":100}}`, `{"process":{"oomScoreAdj":100}}`},
		{"no process", "create", `{"root":{"path":"r"}}`, `{"root":{"path":"r"}}`},
		{"a process", "exec", `{"args":["sh"],"capabilities":{"effective":["CAP_SYS_RESOURCE"]}}`, `{"args":["sh"],"capabilities":{"effective":[]}}`},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "config.json")
		if err := os.WriteFile(path, []byte(c.in), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Apply([]string{c.verb, "--bundle", dir, "--process", path, "id"}); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got, _ := os.ReadFile(path); string(got) != c.want {
			t.Errorf("%s: is %s, want %s", c.name, got, c.want)
		}
	}
	if err := Apply([]string{"create", "--bundle", "/nowhere", "id"}); err != nil {
		t.Errorf("without a file: %v", err)
	}
}
