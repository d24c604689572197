package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const listing = `
{"ImportPath": "github.com/loom-core/loom/core/a", "Module": {"Path": "github.com/loom-core/loom/core"}}
{"ImportPath": "github.com/loom-core/loom/core/b", "Imports": ["fmt", "github.com/loom-core/loom/core/a"], "Module": {"Path": "github.com/loom-core/loom/core"}}
{"ImportPath": "github.com/loom-core/loom/core", "Imports": ["github.com/loom-core/loom/core/b", "github.com/loom-core/loom/core/a"], "Module": {"Path": "github.com/loom-core/loom/core"}}
{"ImportPath": "github.com/loom-core/loom/servers/mcp-x", "Imports": ["github.com/loom-core/loom/core/a", "example.com/y"], "Module": {"Path": "github.com/loom-core/loom/servers/mcp-x"}}
`

func TestGraphs(t *testing.T) {
	packages, err := decode(strings.NewReader(listing))
	if err != nil {
		t.Fatal(err)
	}
	got := graphs(packages)
	want := map[string]string{
		"modules.mmd": "---\ntitle: who imports whom, by module\n---\n" + mark + `flowchart LR
  p_core["core"]
  p_servers_mcp_x["servers/mcp-x"]
  p_servers_mcp_x --> p_core
`,
		"packages-core.mmd": "---\ntitle: packages of core\n---\n" + mark + `flowchart LR
  p_a["a"]
  p_b["b"]
  p_core["core"]
  p_b --> p_a
  p_core --> p_a
  p_core --> p_b
`,
	}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s is\n%s\nwant\n%s", name, got[name], text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
}

func TestWriteThenCompare(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file("by-hand.mmd", "flowchart LR\n")
	file("packages-gone.mmd", mark)
	files := map[string]string{"modules.mmd": mark + "a --> b\n"}
	if err := write(dir, files); err != nil {
		t.Fatal(err)
	}
	if err := compare(dir, files); err != nil {
		t.Errorf("compare after write: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "by-hand.mmd")); err != nil {
		t.Errorf("what was written by hand: %v", err)
	}

	file("modules.mmd", mark+"a --> c\n")
	file("packages-left.mmd", mark)
	err := compare(dir, map[string]string{"modules.mmd": files["modules.mmd"], "packages-new.mmd": mark})
	for _, want := range []string{"modules.mmd has drifted:\n-a --> c\n+a --> b", "packages-new.mmd is missing", "packages-left.mmd shows a module that is no more", "make diagrams"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("compare says %v, want %q in it", err, want)
		}
	}
}
