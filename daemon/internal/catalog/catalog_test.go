package catalog

import (
	"os"
	"path/filepath"
	"reflect"
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

// full is an entry with something of everything.
func full() *Entry {
	e := entry("k1", `{ "name" : "a","x":9007199254740993,"y":"<>&\u00e9 𝄞" }`, `{"x-first":1e400,"name":"b","id":1,"id":2}`)
	e.Version = "2025-06-18"
	e.Info = []byte(`{ "name":"<s>", "x" : 1e400 }`)
	e.Capabilities = []byte("{\"tools\" :{},\r \"experimental\":{\"a&b\":9007199254740993}}")
	e.Asks = true
	e.Prompts = []Tool{{Name: "a", Raw: []byte(`{"name":"a" ,"arguments":[]}`)}}
	e.Resources = []Tool{{Name: "x://1", Raw: []byte(`{"uri":"x://1","name":"not this"}`)}}
	e.Templates = []Tool{{Name: "x://{id}", Raw: []byte(`{"uri":"nor this","uriTemplate":"x://{id}"}`)}, {Name: "y:{+p}", Raw: []byte(`{"uriTemplate":"y:{+p}"}`)}}
	return e
}

func reopen(t *testing.T, c *Catalog) *Catalog {
	t.Helper()
	c, err := Open(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnEntrySurvivesByteByByte(t *testing.T) {
	c, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := c.Put(full()); !changed || err != nil {
		t.Fatalf("Put = %v, %v", changed, err)
	}
	c = reopen(t, c)
	if e, ok := c.Get("s"); !ok || !reflect.DeepEqual(e, full()) {
		t.Errorf("got  %+v\nwant %+v", e, full())
	}
	if !c.Known("s", "k1") || c.Known("s", "k2") || c.Known("other", "k1") {
		t.Error("Known is wrong")
	}
}

func TestWhatClientsSeeIsAChange(t *testing.T) {
	for _, tc := range []struct {
		what   string
		change func(*Entry)
		want   bool
	}{
		{"nothing", func(e *Entry) {}, false},
		{"the time", func(e *Entry) { e.Learnt = time.Now() }, false},
		{"the key", func(e *Entry) { e.Key = "k2" }, false},
		{"the revision", func(e *Entry) { e.Version = "2025-11-25" }, false},
		{"a tool less", func(e *Entry) { e.Tools = e.Tools[:1] }, true},
		{"the order", func(e *Entry) { e.Tools[0], e.Tools[1] = e.Tools[1], e.Tools[0] }, true},
		{"a byte of a prompt", func(e *Entry) { e.Prompts[0].Raw = []byte(`{"name":"a", "arguments":[]}`) }, true},
		{"no resources", func(e *Entry) { e.Resources = nil }, true},
		{"a template more", func(e *Entry) { e.Templates = append(e.Templates, Tool{Name: "z", Raw: []byte(`{"uriTemplate":"z"}`)}) }, true},
		{"the instructions", func(e *Entry) { e.Instructions = "" }, true},
		{"the capabilities", func(e *Entry) { e.Capabilities = nil }, true},
		{"serverInfo", func(e *Entry) { e.Info = []byte(`{}`) }, true},
	} {
		c, _ := Open(t.TempDir())
		c.Put(full())
		before := c.Version()
		e := full()
		tc.change(e)
		changed, err := c.Put(e)
		if changed != tc.want || (c.Version() != before) != tc.want || err != nil {
			t.Errorf("%s: changed %v, version %d after %d, %v", tc.what, changed, c.Version(), before, err)
		}
		got, _ := reopen(t, c).Get("s")
		if got.Key != e.Key || got.Version != e.Version || len(got.Tools) != len(e.Tools) {
			t.Errorf("%s: on disk is %+v", tc.what, got)
		}
	}
}

func TestTheFirstOfOneNameIsKept(t *testing.T) {
	c, _ := Open(t.TempDir())
	e := entry("k")
	e.Tools = []Tool{{"a", []byte(`{"name":"a","n":1}`)}, {"b", []byte(`{"name":"b"}`)}, {"a", []byte(`{"name":"a","n":2}`)}}
	e.Prompts = []Tool{{"a", []byte(`{"name":"a"}`)}}
	c.Put(e)
	for _, c := range []*Catalog{c, reopen(t, c)} {
		got, _ := c.Get("s")
		if len(got.Tools) != 2 || string(got.Tools[0].Raw) != `{"name":"a","n":1}` || got.Tools[1].Name != "b" || len(got.Prompts) != 1 {
			t.Errorf("got %q", got.Tools)
		}
	}
	if len(e.Tools) != 3 {
		t.Error("what was given to Put was changed")
	}
}

func TestAServerThatAskedIsRemembered(t *testing.T) {
	c, _ := Open(t.TempDir())
	c.Put(entry("k", `{"name":"a"}`))
	before, _ := c.Get("s")
	version := c.Version()
	if err := c.SetAsks("s"); err != nil {
		t.Fatal(err)
	}
	got, _ := reopen(t, c).Get("s")
	if !got.Asks || len(got.Tools) != 1 || before.Asks || c.Version() != version {
		t.Errorf("on disk %+v, the entry of before %+v", got, before)
	}
	c.Put(entry("k", `{"name":"a"}`, `{"name":"b"}`))
	if got, _ := reopen(t, c).Get("s"); !got.Asks || len(got.Tools) != 2 {
		t.Errorf("learnt again: %+v", got)
	}
	c.Put(entry("k2", `{"name":"a"}`))
	if got, _ := reopen(t, c).Get("s"); got.Asks {
		t.Error("another server inherits it")
	}

	c, _ = Open(t.TempDir())
	c.SetAsks("s")
	if _, ok := c.Get("s"); ok {
		t.Error("a server that was never learnt has definitions")
	}
	c.Put(entry("k"))
	if got, _ := reopen(t, c).Get("s"); !got.Asks {
		t.Error("what it asked before it was learnt is forgotten")
	}
}

func TestFilesOfFormat1ServeAndAreLearntAgain(t *testing.T) {
	dir := t.TempDir()
	text := `{"format":1,"server":"s","key":"k","era":"legacy","instructions":"i","learnt":"2026-01-02T03:04:05Z","tools":1}` + "\n" + `{"name":"a"}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "s.jsonl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := c.Get("s")
	if !ok || len(e.Tools) != 1 || e.Instructions != "i" || c.Known("s", "k") {
		t.Errorf("got %+v", e)
	}
	c.Put(entry("k", `{"name":"a"}`))
	if c = reopen(t, c); !c.Known("s", "k") {
		t.Error("what was learnt was not written")
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
		"future": strings.Replace(string(good), `"format":2`, `"format":99`, 1), "nameless": strings.Replace(string(good), `{"name":"a"}`, `{"n":1}`, 1),
		"kinds": strings.Replace(strings.Replace(string(good), `"tools":1`, `"tools":0`, 1), `"resources":0`, `"resources":1`, 1),
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

// FuzzDecode: what was read can be written and is the same when it is read again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("{\"format\":1,\"server\":\"s\",\"tools\":1}\n{\"name\":\"a\"}\n"))
	if good, err := encode(full()); err != nil {
		f.Fatal(err)
	} else {
		f.Add(good)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := decode(strings.NewReader(string(data)))
		if err != nil {
			return
		}
		out, err := encode(e)
		if err != nil {
			t.Skip(err) // a time that cannot be written
		}
		again, err := decode(strings.NewReader(string(out)))
		if err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		if !same(e, again) {
			t.Fatalf("got  %+v\nwant %+v", again, e)
		}
	})
}
