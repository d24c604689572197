package clientsync

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

var now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// rig is a file of a client and a ledger.
type rig struct {
	t      *testing.T
	target target.Target
	path   string
	ledger *Ledger
}

func newRig(t *testing.T, id, content string) *rig {
	t.Helper()
	tgt, ok := target.Find(id)
	if !ok {
		t.Fatalf("no target %s", id)
	}
	dir := t.TempDir()
	r := &rig{t: t, target: tgt, path: filepath.Join(dir, "home", "config")}
	r.reopen()
	if content != "" {
		os.MkdirAll(filepath.Dir(r.path), 0o700)
		if err := os.WriteFile(r.path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *rig) reopen() {
	l, err := OpenLedger(filepath.Join(filepath.Dir(filepath.Dir(r.path)), "state", "sync.json"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.ledger = l
}

func (r *rig) wanted(args ...string) Wanted {
	o := configfile.Object{}
	if args != nil {
		o = append(o, configfile.Member{Key: "loom", Value: r.target.Entry(target.Launch{Name: "loom", Command: "/bin/loom", Args: args})})
	}
	return Wanted{Target: r.target, Path: r.path, Scope: User, Entries: o}
}

// sync plans and applies; the ledger is read again each time, as by another process.
func (r *rig) sync(force bool, args ...string) Change {
	r.t.Helper()
	d := realDisk()
	d.sync = func(*os.File) error { return nil } // hundreds of them take seconds
	c, err := apply(d, r.ledger, PlanFile(r.ledger, r.wanted(args...), force, now), force, now)
	if err != nil {
		r.t.Fatal(err)
	}
	r.reopen()
	return c
}

func (r *rig) content() string {
	data, err := os.ReadFile(r.path)
	if errors.Is(err, os.ErrNotExist) {
		return "(gone)"
	}
	return string(data)
}

var corpus = map[string][]string{
	"claude": {
		"", "{}", "{}\n", "{\n  \"numStartups\": 3,\n  \"projects\": {\n    \"/p\": {\"history\": [\"a \\u00e9\"]}\n  }\n}",
		"{\n\t\"mcpServers\": {\n\t\t\"other\": {\"command\": \"x\"}\n\t}\n}\n", "{\"a\":1,\"mcpServers\":{}}",
	},
	"vscode":   {"// mine\n{\n  // servers\n  \"servers\": {\n    \"a\": {\"type\": \"stdio\", \"command\": \"x\",}, // a\n  },\n  \"inputs\": [],\n}\n", "\ufeff{\r\n    \"servers\": {\r\n        \"a\": {}\r\n    }\r\n}\r\n"},
	"codex":    {"", "model = \"o\"\n# end", "[mcp_servers.a]\ncommand = \"x\"\n\n[mcp_servers.a.env]\nA = \"b\"\n\n[profiles.x]\nmodel = \"y\"\n", "[mcp_servers]\r\na = {command = \"x\"}\r\n"},
	"goose":    {"", "GOOSE_MODEL: x # m\n", "extensions:\n  developer:\n    enabled: true\n# end\n", "extensions: {}\n"},
	"continue": {"", "name: x\nmcpServers:\n  - name: a\n    command: x\nmodels: []\n"},
}

// What unsync gives back is what was there, byte for byte, after one sync or
// after several that differ.
func TestSyncAndBack(t *testing.T) {
	for id, texts := range corpus {
		for _, text := range texts {
			r := newRig(t, id, text)
			first := r.sync(false, "proxy")
			if first.State != Missing || !strings.Contains(r.content(), "/bin/loom") {
				t.Errorf("%s, %q: %s\n%s", id, text, first.State, r.content())
				continue
			}
			once := r.content()
			if c := r.sync(false, "proxy"); c.State != InSync || !c.None() || r.content() != once {
				t.Errorf("%s, %q: the second time: %s", id, text, c.State)
			}
			if c := r.sync(false, "proxy", "--client", "x"); c.State != Stale || !strings.Contains(r.content(), "--client") {
				t.Errorf("%s, %q: another entry: %s", id, text, c.State)
			}
			r.sync(false)
			want := text
			if text == "" {
				want = "(gone)"
			}
			if got := r.content(); got != want {
				t.Errorf("%s: unsync gives %q, want %q", id, got, want)
			}
			if len(r.ledger.Files) != 0 {
				t.Errorf("%s: the ledger still has %+v", id, r.ledger.Files)
			}
		}
	}
}

// The user writes elsewhere in the file meanwhile: that stays, and what is ours goes.
func TestBackAfterForeignEdit(t *testing.T) {
	for id, tc := range map[string]struct{ before, from, to, want string }{
		"claude": {"{\n  \"a\": 1\n}\n", `"a": 1`, `"a": 2`, "{\n  \"a\": 2\n}\n"},
		"codex":  {"model = \"o\"\n", `"o"`, `"p"`, "model = \"p\"\n"},
		"goose":  {"a: 1\n", "a: 1", "a: 2", "a: 2\n"},
	} {
		r := newRig(t, id, tc.before)
		r.sync(false, "proxy")
		os.WriteFile(r.path, []byte(strings.Replace(r.content(), tc.from, tc.to, 1)), 0o600)
		if c := r.sync(false, "proxy"); c.State != InSync {
			t.Errorf("%s: a foreign edit elsewhere counts as %s: %s", id, c.State, c.Detail)
		}
		if r.sync(false); r.content() != tc.want {
			t.Errorf("%s: got %q, want %q", id, r.content(), tc.want)
		}
	}
}

func TestWhatIsInTheWay(t *testing.T) {
	foreign := "{\"mcpServers\": {\"loom\": {\"command\": \"weaver\"}}}"
	r := newRig(t, "claude", foreign)
	if c := r.sync(false, "proxy"); c.State != Conflict || !strings.Contains(c.Detail, `:1:17: there is an entry "loom"`) || r.content() != foreign {
		t.Errorf("%s, %s\n%s", c.State, c.Detail, r.content())
	}
	if r.sync(true, "proxy"); !strings.Contains(r.content(), "/bin/loom") {
		t.Errorf("forced: %s", r.content())
	}
	if r.sync(false); r.content() != foreign {
		t.Errorf("and back: %s", r.content())
	}

	r = newRig(t, "claude", "{}")
	r.sync(false, "proxy")
	edited := strings.Replace(r.content(), "/bin/loom", "/opt/loom", 1)
	os.WriteFile(r.path, []byte(edited), 0o600)
	if c := r.sync(false, "proxy"); c.State != Drifted || r.content() != edited {
		t.Errorf("%s, %s", c.State, c.Detail)
	}
	if c := r.sync(false); c.State != Drifted || r.content() != edited {
		t.Errorf("unsync of what was edited: %s, %s", c.State, c.Detail)
	}
	if c := r.sync(true, "proxy"); !strings.Contains(r.content(), "/bin/loom") {
		t.Errorf("forced: %s", c.State)
	}

	broken := "{\n  \"a\": ,\n}"
	r = newRig(t, "claude", broken)
	if c := r.sync(true, "proxy"); c.State != Unreadable || !strings.HasPrefix(c.Detail, r.path+":2:8: ") || r.content() != broken {
		t.Errorf("%s, %s", c.State, c.Detail)
	}
}

// The file is a link into a folder of dotfiles; mode and link stay.
func TestThroughALink(t *testing.T) {
	r := newRig(t, "claude", "")
	real := filepath.Join(t.TempDir(), "dotfile")
	os.WriteFile(real, []byte("{}\n"), 0o640)
	os.MkdirAll(filepath.Dir(r.path), 0o700)
	os.Symlink(real, r.path)
	r.sync(false, "proxy")
	info, _ := os.Lstat(r.path)
	target, _ := os.Stat(real)
	if info.Mode()&os.ModeSymlink == 0 || target.Mode().Perm() != 0o640 || !strings.Contains(r.content(), "/bin/loom") {
		t.Errorf("%v, %v\n%s", info.Mode(), target.Mode(), r.content())
	}
	os.Remove(real)
	if c := r.sync(false, "proxy", "x"); c.State != Unreadable {
		t.Errorf("a link to nowhere: %s", c.State)
	}
}

// A client that takes no file without certain keys gets them with a new one, and
// loses both again.
func TestNewFile(t *testing.T) {
	r := newRig(t, "continue", "")
	r.sync(false, "proxy")
	if !strings.HasPrefix(r.content(), r.target.New) || r.target.New == "" {
		t.Errorf("made:\n%s", r.content())
	}
	os.WriteFile(r.path, []byte(strings.Replace(r.content(), "Local Agent", "Mine", 1)), 0o600)
	if r.sync(false); r.content() != strings.Replace(r.target.New, "Local Agent", "Mine", 1) {
		t.Errorf("and back, after an edit:\n%s", r.content())
	}
}
