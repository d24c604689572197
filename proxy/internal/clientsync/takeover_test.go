package clientsync

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/configfile"
)

const token = "ghp_Canary0123456789"

var taken = map[string]string{
	"claude":   "{\n  \"numStartups\": 3,\n  \"mcpServers\": {\n    // mine\n    \"github\": {\"command\": \"npx\", \"env\": {\"TOKEN\": \"" + token + "\"}},\n    \"other\": {\"command\": \"x\"}\n  },\n  \"permissions\": {\"deny\": [\"mcp__github__a\", \"Bash\"]}\n}\n",
	"codex":    "model = \"o\"\n\n[mcp_servers.github]\ncommand = \"npx\"\n\n[mcp_servers.github.env]\nTOKEN = '" + token + "'\n\n[mcp_servers.other]\ncommand = \"x\"\n",
	"goose":    "extensions:\n  github:\n    cmd: npx\n    envs:\n      TOKEN: " + token + "\n  other:\n    cmd: x\n",
	"continue": "mcpServers:\n  - name: github\n    command: npx\n    env:\n      TOKEN: \"" + token + "\"\n  - name: other\n    command: x\n",
}

// takeover is the rig's file with github taken over.
func (r *rig) takeover() Change {
	r.t.Helper()
	file, err := configfile.Parse(r.target.Format, []byte(r.content()))
	if err != nil {
		r.t.Fatal(err)
	}
	there, _, err := file.Entries(r.target.Key...)
	if err != nil {
		r.t.Fatal(err)
	}
	w := r.wanted("proxy")
	for _, e := range there {
		if e.Key == "github" {
			w.Take = append(w.Take, Take{e.Key, Hash(e.Value)})
		}
	}
	w.Moved = moved("github-token", token)
	if r.target.ID == "claude" {
		w.Edits = []configfile.Edit{{Path: []string{"permissions", "deny"}, Value: []any{"mcp__loom__github__a", "Bash"}}}
	}
	c, err := Apply(r.ledger, PlanFile(r.ledger, w, false, now), false, now)
	if err != nil || c.Blocked() {
		r.t.Fatalf("%s: %v, %s", r.target.ID, err, c.Detail)
	}
	r.reopen()
	return c
}

// back is unsync, with what the keyring has.
func (r *rig) back(value string) (Change, error) {
	r.ledger.Reveal = func(name string) (secret.Value, error) {
		if name != "github-token" || value == "" {
			return secret.Value{}, secret.ErrNotFound
		}
		return secret.NewValue(value), nil
	}
	c, err := Apply(r.ledger, PlanFile(r.ledger, r.wanted(), false, now), false, now)
	r.reopen()
	return c, err
}

// hides fails when the token is in any file of the rig's folders.
func (r *rig) hides(when string) {
	r.t.Helper()
	filepath.Walk(filepath.Dir(filepath.Dir(r.path)), func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			if data, _ := os.ReadFile(path); strings.Contains(string(data), token) {
				r.t.Errorf("%s, %s: the token is in %s\n%s", r.target.ID, when, filepath.Base(path), data)
			}
		}
		return nil
	})
}

// A server is taken over: its entry is gone and its token in no file, the copies
// from before included; unsync gives back every byte.
func TestTakeover(t *testing.T) {
	for id, text := range taken {
		r := newRig(t, id, text)
		r.sync(false, "proxy", "--old") // which leaves a copy with the token in it
		c := r.takeover()
		if got := r.content(); strings.Contains(got, "github\"") && id != "claude" || !strings.Contains(got, "/bin/loom") || !strings.Contains(got, "other") {
			t.Errorf("%s:\n%s", id, got)
		}
		r.hides("after it")
		if before, after := c.Shown(); strings.Contains(string(before)+string(after), token) || !strings.Contains(string(before), "${secret:github-token}") {
			t.Errorf("%s: shown as\n%s", id, before)
		}
		r.sync(false, "proxy", "--new")
		c, err := r.back(token)
		if got := r.content(); err != nil || got != text {
			t.Errorf("%s: back: %v\n%s", id, err, got)
		}
		if strings.Contains(string(c.After), token) {
			t.Errorf("%s: the plan of unsync holds the token", id)
		}
		if len(r.ledger.Files) != 0 {
			t.Errorf("%s: the ledger still has %+v", id, r.ledger.Files)
		}
	}
}

// The client writes its file meanwhile: what was taken over comes back all the same,
// beside what it wrote. The token is another one by now.
func TestTakeoverAndForeignEdit(t *testing.T) {
	const other = `rotated-"quoted"-token`
	for id, text := range taken {
		r := newRig(t, id, text)
		r.takeover()
		foreign := strings.NewReplacer(`"numStartups": 3`, `"numStartups": 4`, `model = "o"`, `model = "p"`, "cmd: x", "cmd: y", "command: x", "command: y", `"Bash"`, `"Bash", "Read"`).Replace(r.content())
		os.WriteFile(r.path, []byte(foreign), 0o600)
		c, err := r.back(other)
		if err != nil || len(c.Left) > 0 {
			t.Errorf("%s: %v, left %q", id, err, c.Left)
			continue
		}
		file, err := configfile.Parse(r.target.Format, []byte(r.content()))
		if err != nil {
			t.Fatal(err)
		}
		there, _, _ := file.Entries(r.target.Key...)
		names := map[string]any{}
		for _, e := range there {
			names[e.Key] = e.Value
		}
		if names["loom"] != nil || names["other"] == nil || names["github"] == nil || !strings.Contains(configfile.JSON(names["github"]), escaped(other)) {
			t.Errorf("%s:\n%s", id, r.content())
		}
		if id == "claude" && (!strings.Contains(r.content(), "mcp__github__a") || strings.Contains(r.content(), "mcp__loom") || !strings.Contains(r.content(), "Read")) {
			t.Errorf("%s:\n%s", id, r.content())
		}
	}
}

// What comes back after edits in several places stands where it stood among the others.
func TestBackInItsPlace(t *testing.T) {
	const text = "{\n  \"a\": 1,\n  \"mcpServers\": {\n    \"one\": {\n      \"command\": \"x\"\n    },\n    \"github\": {\n      \"command\": \"npx\"\n    },\n    \"two\": {\n      \"command\": \"y\"\n    }\n  },\n  \"b\": 1\n}\n"
	r := newRig(t, "claude", text)
	w := r.wanted("proxy")
	w.Take = r.takeAll().Take[:2]
	if _, err := Apply(r.ledger, PlanFile(r.ledger, w, false, now), false, now); err != nil {
		t.Fatal(err)
	}
	foreign := strings.NewReplacer(`"a": 1`, `"a": 10000`, `"b": 1`, `"b": 2`).Replace(r.content())
	os.WriteFile(r.path, []byte(strings.Replace(foreign, "\n    \"two\"", "\n    \"three\": {},\n    \"two\"", 1)), 0o600)
	if _, err := r.back(token); err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(`"a": 1`, `"a": 10000`, `"b": 1`, `"b": 2`).Replace(text)
	want = strings.Replace(want, "    \"one\"", "    \"three\": {},\n    \"one\"", 1)
	if got := r.content(); got != want {
		t.Errorf("%s", lineDiff(want, got))
	}
}

// Of a list that somebody else changed too, only what is ours changes back.
func TestSwapped(t *testing.T) {
	list := func(s string) (out []any) {
		for _, e := range strings.Fields(s) {
			out = append(out, e)
		}
		return out
	}
	for _, tc := range []struct{ was, now, value, want string }{
		{"a b", "A b", "A b", "b a"},
		{"a b", "A b", "A b c", "b c a"},
		{"a b", "A1 A2 b", "A1 c", "c a"},
		{"a b", "A b", "b", "b a"},
	} {
		got, ok := swapped(list(tc.value), list(tc.was), list(tc.now))
		if want := list(tc.want); !ok || configfile.JSON(got) != configfile.JSON(want) {
			t.Errorf("%+v: got %v", tc, got)
		}
	}
	if _, ok := swapped("x", list("a"), list("b")); ok {
		t.Error("a text is swapped as a list")
	}
}

// Without its secrets a file is not put back, and stays as it is.
func TestBackWithoutTheSecret(t *testing.T) {
	r := newRig(t, "claude", taken["claude"])
	r.takeover()
	was := r.content()
	if _, err := r.back(""); !errors.Is(err, ErrSecret) || r.content() != was {
		t.Errorf("%v\n%s", err, r.content())
	}
	if _, err := r.back(token); err != nil || r.content() != taken["claude"] {
		t.Errorf("afterwards: %v\n%s", err, r.content())
	}
}

// An entry that is another than was seen stays.
func TestTakeoverOfAnother(t *testing.T) {
	r := newRig(t, "claude", taken["claude"])
	w := r.wanted("proxy")
	w.Take = []Take{{"github", Hash("what it was")}}
	if c := PlanFile(r.ledger, w, false, now); c.State != Conflict || !strings.Contains(c.Detail, `:5:5: the entry "github" was changed at the same moment`) || !c.None() {
		t.Errorf("%s, %s", c.State, c.Detail)
	}
}

// A copy comes back with its secrets, and what the ledger says is true of it.
func TestRestore(t *testing.T) {
	r := newRig(t, "claude", taken["claude"])
	r.takeover()
	tookOver := r.content()
	r.sync(false, "proxy", "--new")
	all, err := r.ledger.Backups.List()
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %+v", err, all)
	}
	r.ledger.Reveal = func(string) (secret.Value, error) { return secret.NewValue(token), nil }
	for i, want := range []string{tookOver, taken["claude"]} {
		c, err := r.ledger.Backups.Restore(r.ledger, Wanted{Target: r.target, Path: r.path, Scope: User}, all[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Apply(r.ledger, c, true, now); err != nil || r.content() != want {
			t.Errorf("%v\n%s\nwant\n%s", err, r.content(), want)
		}
		if i == 0 {
			r.hides("after a copy of the takeover")
			continue
		}
		if len(r.ledger.Files) != 0 {
			t.Errorf("the ledger has %+v", r.ledger.Files)
		}
	}
}
