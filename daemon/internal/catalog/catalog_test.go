package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func entry(key string, raws ...string) *Entry {
	e := &Entry{Server: "s", Key: key, Era: "legacy", Instructions: "do\nthis", Learnt: time.Unix(1700000000, 0).UTC()}
	for i, raw := range raws {
		e.Tools = append(e.Tools, Tool{Name: string(rune('a' + i)), Raw: []byte(raw)})
	}
	return e
}

func TestDefinitionsSurviveByteByByte(t *testing.T) {
	dir := t.TempDir()
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	raws := []string{`{ "name" : "a","x":9007199254740993,"y":"<>&\u00e9 𝄞" }`, `{"x-first":1e400,"name":"b"}`}
	if changed, err := c.Put(entry("k1", raws...)); !changed || err != nil {
		t.Fatalf("Put = %v, %v", changed, err)
	}
	c, err = Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := c.Get("s")
	if !ok || len(e.Tools) != 2 || string(e.Tools[0].Raw) != raws[0] || string(e.Tools[1].Raw) != raws[1] || e.Tools[1].Name != "b" || e.Instructions != "do\nthis" {
		t.Errorf("got %+v", e)
	}
	if !c.Known("s", "k1") || c.Known("s", "k2") || c.Known("other", "k1") {
		t.Error("Known is wrong")
	}
	if changed, _ := c.Put(entry("k2", raws...)); changed {
		t.Error("a new key with the same definitions is no change for clients")
	}
	if !c.Known("s", "k2") {
		t.Error("the new key was not kept")
	}
	if changed, _ := c.Put(entry("k2", raws[0])); !changed {
		t.Error("a tool less is no change")
	}
}

func TestBrokenFilesCostOneServer(t *testing.T) {
	dir := t.TempDir()
	c, _ := Open(dir)
	c.Put(entry("k", `{"name":"a"}`))
	good, err := os.ReadFile(filepath.Join(dir, "s.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "cut": strings.Replace(string(good), `"tools":1`, `"tools":2`, 1), "noise": "hello\n",
		"future": strings.Replace(string(good), `"format":1`, `"format":99`, 1), "nameless": strings.Replace(string(good), `{"name":"a"}`, `{"n":1}`, 1),
	} {
		os.WriteFile(filepath.Join(dir, name+".jsonl"), []byte(text), 0o600)
		c, err := Open(dir)
		if c == nil || err == nil || !strings.Contains(err.Error(), name+".jsonl") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, ok := c.Get("s"); !ok {
			t.Errorf("%s: the good entry is gone", name)
		}
		os.Remove(filepath.Join(dir, name+".jsonl"))
	}
}

func TestAFullDiskKeepsTheDefinitionsInMemory(t *testing.T) {
	dir := t.TempDir()
	c, _ := Open(dir)
	os.Mkdir(filepath.Join(dir, "s.jsonl.new"), 0o700) // in the way of the write
	if changed, err := c.Put(entry("k", `{"name":"a"}`)); !changed || err == nil {
		t.Errorf("Put = %v, %v", changed, err)
	}
	if !c.Known("s", "k") {
		t.Error("the entry was lost")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("{\"format\":1,\"server\":\"s\",\"tools\":1}\n{\"name\":\"a\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "s.jsonl")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := read(file)
		if err != nil {
			return
		}
		for _, tool := range e.Tools {
			if len(tool.Raw) == 0 {
				t.Fatal("an empty definition")
			}
		}
	})
}
