package testbed_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/testbed"
)

// TestByteExact sends each text of the corpus as arguments to a server, once
// directly and once through Loom. Both the request that arrives and the
// response that comes back are the same byte by byte; only the id differs on
// the way to the server.
func TestByteExact(t *testing.T) {
	w := newWorld(t, uncapped)
	through := w.Connect(testbed.ClientOptions{})
	cmd := exec.Command(options(t).Names["fake"], "--journal", filepath.Join(w.Dir, "direct"))
	cmd.Env = w.Environ()
	direct := testbed.StartClient(t, "fake, directly", cmd)
	direct.Initialize()

	texts := corpus(t)
	texts["1 MB"] = `{"text":"` + strings.Repeat(`0123456789 <é> \n\"`, 1<<20/20) + `"}`
	ids := []string{`1`, `"a text"`, `9007199254740993`, `"\u0061\"<>&é"`, `""`, `-5`}
	n := 0
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			id := ids[n%len(ids)]
			n++
			ask := func(c *testbed.Client, tool string) string {
				c.Send(`{"jsonrpc":"2.0", "id":` + id + `,"method":"tools/call","x-frame":[1],"params":{"x-before":1e400,"name":"` + tool + `", "arguments":` + text + ` ,"x-after":{"a":"<>"}}}`)
				return string(c.Answer(id).Raw)
			}
			want, got := ask(direct, "echo"), ask(through, "fake__echo")
			if got != want {
				t.Errorf("through Loom the answer is\n%.400s\nand directly\n%.400s", got, want)
			}
			if !strings.Contains(want, text) {
				t.Errorf("the server did not give the arguments back: %.400s", want)
			}
		})
	}
	sent, arrived := calls(t, filepath.Join(w.Dir, "direct")), calls(t, filepath.Join(w.Home, "journal"))
	if len(sent) != len(texts) || len(arrived) != len(texts) {
		t.Fatalf("%d calls were sent, %d arrived directly and %d through Loom", len(texts), len(sent), len(arrived))
	}
	for i := range sent {
		if sent[i] != arrived[i] {
			t.Errorf("through Loom the server got\n%.400s\nand directly\n%.400s", arrived[i], sent[i])
		}
	}
}

// TestErrorAndDefinitionExact: a server's own error passes untouched, and its
// definitions change in nothing but the name.
func TestErrorAndDefinitionExact(t *testing.T) {
	w := newWorld(t, fake)
	through := w.Connect(testbed.ClientOptions{})
	cmd := exec.Command(options(t).Names["fake"], "--extra", "3")
	cmd.Env = w.Environ()
	direct := testbed.StartClient(t, "fake, directly", cmd)
	direct.Initialize()

	if want, got := direct.Call("error", "{}"), through.Call("fake__error", "{}"); result(got) != result(want) {
		t.Errorf("through Loom the error is\n%s\nand directly\n%s", got, want)
	}
	_, want := direct.Ask("tools/list", "").Tools()
	_, got := through.Ask("tools/list", "").Tools()
	for name, definition := range want {
		if strings.HasPrefix(name, "extra-") {
			continue
		}
		exposed := strings.Replace(definition, `"`+name+`"`, `"fake__`+name+`"`, 1)
		if got["fake__"+name] != exposed {
			t.Errorf("through Loom the definition is\n%s\nand should be\n%s", got["fake__"+name], exposed)
		}
	}
}

// result is a response without its id.
func result(f testbed.Frame) string {
	return strings.Replace(string(f.Raw), `"id":`+f.ID(), `"id":0`, 1)
}

func corpus(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("reading the corpus: %d files, %v", len(files), err)
	}
	texts := map[string]string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[strings.TrimSuffix(filepath.Base(file), ".json")] = string(bytes.TrimSuffix(raw, []byte("\n")))
	}
	return texts
}

// calls are the params of every tools/call in a journal, raw, in order.
func calls(t *testing.T, journal string) []string {
	t.Helper()
	return params(t, journal, "tools/call")
}

func params(t *testing.T, journal, method string) (out []string) {
	t.Helper()
	raw, err := os.ReadFile(journal)
	if os.IsNotExist(err) {
		return nil // no server has started yet
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		line = bytes.TrimSpace(line)
		m, err := jsonrpc.Scan(line)
		if err != nil {
			t.Fatalf("the journal holds %q: %v", line, err)
		}
		if name, _ := jsonrpc.Text(m.Method.Of(line)); name == method {
			out = append(out, string(m.Params.Of(line)))
		}
	}
	return out
}
