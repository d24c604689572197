package clientsync

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/proxy/internal/target"
)

// marker stands in each file of the corpus, outside of anything of ours: replaced by
// [edited] it is what somebody else did to the file.
const (
	marker = "marigold"
	edited = "what somebody else made of it"
)

// sample is a file of the corpus: testdata/corpus/<client>/….
type sample struct {
	client, name string
	text         string
}

func samples(t *testing.T) []sample {
	t.Helper()
	var all []sample
	for _, tgt := range target.All() {
		paths, _ := filepath.Glob(filepath.Join("testdata", "corpus", tgt.ID, "*"))
		if len(paths) == 0 {
			t.Errorf("%s has no file in the corpus", tgt.ID)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(text, []byte(marker)) {
				t.Errorf("%s does not contain %q", path, marker)
			}
			all = append(all, sample{tgt.ID, filepath.Base(path), string(text)})
		}
	}
	return all
}

// history is a file of Claude Code after years, in bytes.
func history(size int) string {
	var b strings.Builder
	b.WriteString("{\n  \"numStartups\": 9000,\n  \"mcpServers\": {\n    \"marigold\": {\n      \"command\": \"m\"\n    }\n  },\n  \"projects\": {")
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "\n    \"/home/ann/src/p%d\": {\n      \"mcpServers\": {},\n      \"history\": [", i)
		for j := range 40 {
			if j > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, "\n        {\n          \"display\": \"why {\\\"a\\\": [%d]} // \\u00e4 \\\\ \",\n          \"pastedContents\": {}\n        }", j)
		}
		b.WriteString("\n      ]\n    }")
	}
	b.WriteString("\n  }\n}\n")
	return b.String()
}

// lying is how a file lies on disk.
type lying struct {
	name string
	mode fs.FileMode
	link bool // it is a symbolic link into a folder of dotfiles
}

var lies = []lying{{"plain", 0o644, false}, {"private", 0o600, false}, {"read only", 0o400, false}, {"linked", 0o640, true}}

// lay makes a rig whose file is a sample, and returns where its bytes really are.
func (s sample) lay(t *testing.T, how lying) (r *rig, real string) {
	t.Helper()
	r = newRig(t, s.client, "")
	real = r.path
	if how.link {
		real = filepath.Join(filepath.Dir(filepath.Dir(r.path)), "dotfiles", s.name)
	}
	for _, path := range []string{r.path, real} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(real, []byte(s.text), how.mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(real, how.mode); err != nil {
		t.Fatal(err)
	}
	if how.link {
		if err := os.Symlink(real, r.path); err != nil {
			t.Fatal(err)
		}
	}
	return r, real
}

// Each file of the corpus, however it lies on disk: what is added is added, nothing
// else changes, and unsync gives the bytes from before, the mode and the link.
func TestCorpus(t *testing.T) {
	for _, s := range samples(t) {
		for _, how := range lies {
			t.Run(s.client+"/"+s.name+"/"+how.name, func(t *testing.T) {
				t.Parallel()
				s.thereAndBack(t, how)
			})
		}
	}
}

// A file that has become large: the histories of all projects are in it.
func TestLargeFile(t *testing.T) {
	sample{"claude", "years.json", history(1_200_000)}.thereAndBack(t, lies[0])
}

func (s sample) thereAndBack(t *testing.T, how lying) {
	t.Helper()
	r, real := s.lay(t, how)
	if c := r.sync(false, "proxy"); c.State != Missing {
		t.Fatalf("%s: %s", c.State, c.Detail)
	}
	once := r.content()
	onlyAdded(t, s.text, once)
	if c := r.sync(false, "proxy"); c.State != InSync || !c.None() || r.content() != once {
		t.Errorf("the second time: %s, %s", c.State, c.Detail)
	}
	if c := r.sync(false, "proxy", "--client", "x"); c.State != Stale || r.content() == once {
		t.Errorf("another entry: %s, %s", c.State, c.Detail)
	}
	onlyAdded(t, s.text, r.content())
	if c := r.sync(false); c.Blocked() || r.content() != s.text {
		t.Errorf("unsync: %s, %s\n%s", c.State, c.Detail, lineDiff(s.text, r.content()))
	}
	info, err := os.Stat(real)
	link, _ := os.Lstat(r.path)
	if err != nil || info.Mode().Perm() != how.mode || (link.Mode()&fs.ModeSymlink != 0) != how.link {
		t.Errorf("afterwards: %v, %v, link %v", err, info.Mode(), link.Mode())
	}
	if left, _ := os.ReadDir(filepath.Dir(real)); len(left) != 1 || len(r.ledger.Files) != 0 {
		t.Errorf("left behind: %v, %v", left, r.ledger.Files)
	}
}

// onlyAdded checks that every byte of before is there, in order: what differs was
// put in between. In YAML the braces of an empty mapping had to go.
func onlyAdded(t *testing.T, before, after string) {
	t.Helper()
	before = strings.Replace(before, "extensions: {}", "extensions:", 1)
	rest := after
	for i := 0; i < len(before); i++ {
		at := strings.IndexByte(rest, before[i])
		if at < 0 {
			t.Errorf("what was at byte %d is gone\n%s", i, lineDiff(before, after))
			return
		}
		rest = rest[at+1:]
	}
	if !strings.Contains(after, "/bin/loom") || strings.Count(after, "/bin/loom") != 1 {
		t.Errorf("there is no entry, or more than one:\n%s", lineDiff(before, after))
	}
}

// lineDiff shows the lines that differ between two texts, and the one around them.
func lineDiff(want, got string) string {
	a, b := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var out strings.Builder
	for _, line := range a[max(head-1, 0) : len(a)-tail] {
		fmt.Fprintf(&out, "want %q\n", line)
	}
	for _, line := range b[max(head-1, 0) : len(b)-tail] {
		fmt.Fprintf(&out, "got  %q\n", line)
	}
	return out.String()
}

// A file that is written in a way that cannot be edited is refused, with the place.
func TestCorpusRefuses(t *testing.T) {
	for _, tc := range []struct{ client, text, want string }{
		{"codex", "mcp_servers = { a = { command = \"a\" } }\n", ":1:1: mcp_servers is written on one line"},
		{"goose", "extensions: {a: {type: builtin}}\n", ":1:13: written on one line"},
		{"goose", "a: 1\n---\nb: 2\n", ":2:1: there is a second document"},
		{"goose", "%YAML 1.2\n---\na: 1\n", ":1:1: found incompatible YAML document"},
		{"claude", "{\"mcpServers\": []}\n", ":1:16: mcpServers is no object"},
	} {
		r := newRig(t, tc.client, tc.text)
		if c := r.sync(true, "proxy"); c.State != Unreadable || !strings.Contains(c.Detail, tc.want) || r.content() != tc.text {
			t.Errorf("%s, %q: %s, %s", tc.client, tc.text, c.State, c.Detail)
		}
	}
}
