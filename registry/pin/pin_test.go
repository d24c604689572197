package pin

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/depstest"
	"github.com/loom-core/loom/core/golden"
)

func TestImports(t *testing.T) {
	depstest.Forbid(t, "go.yaml.in/yaml", "pins are compared without knowing the registry: its package reads this format")
	depstest.Forbid(t, "net", "what was approved is in a file, and nowhere else")
}

// defs are definitions by name.
func defs(pairs ...string) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = json.RawMessage(pairs[i+1])
	}
	return m
}

func set(t *testing.T, p *Pins, server string, pairs ...string) {
	t.Helper()
	if err := p.Set(server, defs(pairs...)); err != nil {
		t.Fatal(err)
	}
}

func TestState(t *testing.T) {
	var p Pins
	set(t, &p, "git", "log", `{"name":"log", "n": 1.0, "b": 12345678901234567890, "d":"<é> & é"}`)
	set(t, &p, "none")
	for _, tc := range []struct {
		server, tool, raw string
		want              State
	}{
		{"git", "log", `{"name":"log","n":1.0,"b":12345678901234567890,"d":"<é> & é"}`, Same},
		{"git", "log", "{\n \"name\" : \"log\",\t\"n\":1.0, \"b\":12345678901234567890, \"d\":\"<é> & é\" }\n", Same},
		{"git", "log", `{"name":"log","n":1,"b":12345678901234567890,"d":"<é> & é"}`, Changed},
		{"git", "log", `{"name":"log","n":1.0,"b":12345678901234567891,"d":"<é> & é"}`, Changed},
		{"git", "log", `{"n":1.0,"name":"log","b":12345678901234567890,"d":"<é> & é"}`, Changed},
		{"git", "log", `{"name":"log","n":1.0,"b":12345678901234567890,"d":"<é>  & é"}`, Changed},
		{"git", "log", `{"name":"log","n":1.0,"b":12345678901234567890,"d":"<é> & é","d":"x"}`, Changed},
		{"git", "log", `{"name":`, Changed},
		{"git", "log", ``, Changed},
		{"git", "diff", `{"name":"diff"}`, New},
		{"git", "Log", `{"name":"log"}`, New},
		{"none", "log", `{"name":"log"}`, New},
		{"other", "log", `{"name":"log"}`, Unpinned},
	} {
		if got := p.State(tc.server, tc.tool, []byte(tc.raw)); got != tc.want {
			t.Errorf("State(%s, %s, %s) = %v, want %v", tc.server, tc.tool, tc.raw, got, tc.want)
		}
	}
	if got := new(Pins).State("git", "log", nil); got != Unpinned {
		t.Errorf("the zero Pins say %v", got)
	}
}

func TestDiff(t *testing.T) {
	var p Pins
	set(t, &p, "git", "log", `{"a":1}`, "diff", `{"a":2}`, "gone", `{}`)
	d := p.Diff("git", defs("log", `{"a": 1}`, "diff", `{"a":3}`, "push", `{}`, "add", `{}`))
	if want := (Difference{Added: []string{"add", "push"}, Removed: []string{"gone"}, Changed: []string{"diff"}}); !reflect.DeepEqual(d, want) || d.None() {
		t.Errorf("Diff = %+v, want %+v", d, want)
	}
	if d := p.Diff("git", defs("log", `{"a":1}`, "diff", `{"a":2}`, "gone", `{}`)); !d.None() {
		t.Errorf("Diff of the same = %+v", d)
	}
	if d := p.Diff("other", defs("log", `{}`)); !slices.Equal(d.Added, []string{"log"}) {
		t.Errorf("Diff of a server that is not pinned = %+v", d)
	}
}

func TestSetRefusesAndKeeps(t *testing.T) {
	var p Pins
	set(t, &p, "git", "log", `{"a":1}`)
	for _, bad := range []string{``, `{`, `[]`, `"x"`, `{} {}`} {
		if err := p.Set("git", defs("log", bad)); err == nil || !strings.HasPrefix(err.Error(), "pinning tool log of git: ") {
			t.Errorf("Set of %q: %v", bad, err)
		}
	}
	if got := p.State("git", "log", []byte(`{"a":1}`)); got != Same {
		t.Errorf("after errors the pin is %v", got)
	}
	raw := json.RawMessage(`{"a":1}`)
	if err := p.Set("git", map[string]json.RawMessage{"log": raw}); err != nil {
		t.Fatal(err)
	}
	raw[5] = '2'
	if got := p.State("git", "log", []byte(`{"a":1}`)); got != Same {
		t.Error("the caller's bytes were kept")
	}
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sub", FileName)
	p, err := Load(path)
	if err != nil || len(p.Servers()) != 0 {
		t.Fatalf("Load of a missing file = %v, %v", p, err)
	}
	set(t, p, "git", "log", `{"name":"log","n":1.50,"d":"<a> & b","empty":{},"list":[1,2]}`, "a/b \"c\"", `{}`)
	set(t, p, "echo")
	set(t, p, "gone", "x", `{}`)
	if !p.Remove("gone") || p.Remove("gone") {
		t.Error("Remove does not say what it did")
	}
	if err := p.Save(); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "pins.golden", written)
	if fi, _ := os.Stat(path); fi.Mode().Perm() != 0o644 {
		t.Errorf("mode %v", fi.Mode())
	}
	again, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.Servers(), []string{"echo", "git"}) || again.State("git", "log", []byte(`{"name":"log","n":1.50,"d":"<a> & b","empty":{},"list":[1,2]}`)) != Same {
		t.Errorf("read again: %v", again.Servers())
	}
	if raw, ok := again.Definition("git", `a/b "c"`); !ok || string(raw) != "{}" {
		t.Errorf("Definition = %s, %v", raw, ok)
	}

	// Through a link, and nothing is left behind.
	link := filepath.Join(dir, "link.json")
	os.Symlink(filepath.Join("sub", FileName), link)
	linked, err := Load(link)
	if err != nil {
		t.Fatal(err)
	}
	linked.Remove("echo")
	if err := linked.Save(); err != nil {
		t.Fatal(err)
	}
	if fi, _ := os.Lstat(link); fi.Mode()&os.ModeSymlink == 0 {
		t.Error("the link became a file")
	}
	if again, err := Load(path); err != nil || !slices.Equal(again.Servers(), []string{"git"}) {
		t.Errorf("through the link: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", ".loom-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"", ":1: unexpected end of JSON input"},
		{"{\n\"version\": 1,\n<<<<<<< ours\n}", ":3: invalid character '<' looking for beginning of object key string"},
		{"{\"version\":1,\n\"servers\":{\"git\":{\"log\":\n{\"a\":}}}}", ":3: invalid character '}' looking for beginning of value"},
		{"{\"version\":1,\n\"servers\":{}", ":2: unexpected end of JSON input"},
		{"{\"version\":1}\n{}", ":2: invalid character '{' after top-level value"},
		{"[]", ":1: the file must be an object"},
		{"{}", ":1: the file has no version"},
		{"{\"servers\":{}\n}", ":2: the file has no version"},
		{"{\n\"version\": 2}", ":2: version must be 1"},
		{"{\n\"version\": 0}", ":2: version must be 1"},
		{"{\"version\": \"1\"}", ":1: version must be 1"},
		{"{\"version\": 1,\n\"server\": {}}", `:2: unknown key "server"`},
		{"{\"version\": 1,\n\"servers\": null}", ":2: servers must be an object"},
		{"{\"version\": 1, \"servers\": {\n\"git\": []}}", ":2: the pins of git must be an object"},
		{"{\"version\": 1, \"servers\": {\"git\": {\n\"log\": \"x\"}}}", `:2: tool "log" of git: the definition is no JSON object`},
		{"{\"version\": 1, \"servers\": {\"git\": {\n\"log\": null}}}", `:2: tool "log" of git: the definition is no JSON object`},
		{"{\"version\": 1, \"servers\": {\"git\": {\"log\": {},\n\"log\": {}}}}", `:2: "log" is given twice`},
		{"{\"version\": 1, \"servers\": {\"git\": {},\n\"git\": {}}}", `:2: "git" is given twice`},
		{"{\"version\": 1,\n\"version\": 1}", `:2: "version" is given twice`},
	} {
		path := filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Load(path)
		var broken *FileError
		if !errors.As(err, &broken) || err.Error() != path+tc.want || p != nil {
			t.Errorf("Load of %q: %v, want %s", tc.text, err, tc.want)
		}
	}
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("Load of a folder succeeded")
	}
	if _, err := parse("p", bytes.Repeat([]byte(" "), maxSize+1)); err == nil || !strings.Contains(err.Error(), "the file is over") {
		t.Errorf("a file that is too large: %v", err)
	}
}

// FuzzParse: nothing panics, an error has a line of the file, and what parses is
// written and read again as the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"version":1,"servers":{"git":{"log":{"name":"log","n":1.0}}}}`))
	f.Add([]byte(`{"version":1}`))
	f.Add([]byte(`{"version":1,"servers":{"a":{"b":[]}}}`))
	f.Add([]byte("{\n\"version\": 2}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parse("p", data)
		if err != nil {
			var broken *FileError
			if !errors.As(err, &broken) || broken.Line < 1 || broken.Line > 1+bytes.Count(data, []byte("\n")) {
				t.Fatalf("parse: %v", err)
			}
			return
		}
		again, err := parse("p", p.bytes())
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Fatalf("read again: %v\n%s", err, p.bytes())
		}
	})
}
