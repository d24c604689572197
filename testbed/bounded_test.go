package testbed_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// TestCutResult: a long result is cut with a notice, and by the notice a client
// comes by every byte of it: with the tool, with the resource, also after loomd
// was killed. A session that may not call the tool does not.
func TestCutResult(t *testing.T) {
	for _, era := range eras {
		t.Run(era, func(t *testing.T) {
			w := newWorld(t, surfaceOf("legacy", "global")+`
    max_result_bytes: 10KiB
  other: {command: @fake}
profiles:
  default: {servers: ["*"]}
  narrow: {servers: [other]}
`)
			c := w.Connect(able(era, noQuestion))
			text := c.MustCall("fake__big", `{"bytes":100000}`)
			found := regexp.MustCompile(`loom__read_result \{"id":"([a-z0-9]+)","offset":(\d+)\}`).FindStringSubmatch(text)
			if found == nil || len(text) > 11<<10 {
				t.Fatalf("the result of %d bytes has no notice: %s", len(text), text[max(0, len(text)-300):])
			}
			whole := text[:strings.IndexFunc(text, func(r rune) bool { return r != 'x' })]
			id, offset := found[1], found[2]
			for rounds := 0; offset != "null" && rounds < 50; rounds++ {
				f := c.Call("loom__read_result", `{"id":"`+id+`","offset":`+offset+`}`)
				page := f.Find("structuredContent", "text")
				whole += strings.Trim(page, `"`)
				offset = f.Find("structuredContent", "next_offset")
				if rounds == 2 {
					w.Kill(w.Status().PID)
					testbed.Eventually(t, "a new loomd", func() bool { return c.Call("loom__status", "{}").Err() == nil })
				}
			}
			if whole != strings.Repeat("x", 100000) {
				t.Errorf("page by page came %d bytes", len(whole))
			}
			if f := c.Ask(mcp.ResourcesRead, fmt.Sprintf(`{"uri":"loom://results/%s"}`, id)); f.Err() != nil || !strings.Contains(f.String(), "xxxx") {
				t.Errorf("the resource: %s", f)
			}
			other := w.Connect(testbed.ClientOptions{Args: []string{"--profile", "narrow"}})
			if f := other.Call("loom__read_result", `{"id":"`+id+`"}`); !f.IsError() {
				t.Errorf("a session without the tool reads its result: %s", f)
			}
		})
	}
}

// TestSearchProfile: a client that searches sees a handful of tools, finds the
// others, and calls them through Loom's, by the name of which a person can
// approve reading without approving everything.
func TestSearchProfile(t *testing.T) {
	w := newWorld(t, strings.Replace(fake, "args: [", "args: [--extra, 300, ", 1)+`
    read_only_tools: [echo]
profiles:
  default: {servers: ["*"], tools: search}
`)
	c := w.Connect(testbed.ClientOptions{})
	names, _ := c.Ask(mcp.ToolsList, "").Tools()
	if fmt.Sprint(names) != "[loom__status loom__read_result loom__search_tools loom__call_read_tool loom__call_tool]" {
		t.Fatalf("the list holds %v", names)
	}
	if got := c.MustCall("loom__search_tools", `{"query":"echo"}`); !strings.Contains(got, "fake__echo") {
		t.Errorf("searching found %s", got)
	}
	for _, by := range []string{"loom__call_read_tool", "loom__call_tool"} {
		if got := c.Call(by, `{"name":"fake__echo","arguments":{"n":9007199254740993}}`).Find("structuredContent"); got != `{"n":9007199254740993}` {
			t.Errorf("%s gave %s", by, got)
		}
	}
	if f := c.Call("loom__call_read_tool", `{"name":"fake__pid"}`); !f.IsError() || !strings.Contains(f.Text(), "loom__call_tool") {
		t.Errorf("a tool that may write was called as one that reads: %s", f)
	}
	if got := c.MustCall("loom__call_tool", `{"name":"fake__extra-299"}`); got != "extra-299" {
		t.Errorf("got %q", got)
	}
	if f := c.Call("loom__call_tool", `{"name":"fake__ecko"}`); !f.IsError() || !strings.Contains(f.Text(), "fake__echo") {
		t.Errorf("a wrong name: %s", f)
	}
}

// TestAudited: each call leaves one line that says who and what, and nothing of
// what was in it.
func TestAudited(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{Args: []string{"--client", "codex"}})
	c.Call("fake__echo", `{"canary":"s3cr3t-canary"}`)
	c.Call("fake__error", `{}`)
	c.Call("fake__nothing", `{}`)
	testbed.Eventually(t, "three records", func() bool {
		return strings.Count(w.MustLoom("audit", "--json"), `"method"`) == 3
	})
	got := w.MustLoom("audit")
	for _, want := range []string{"codex", "fake", "echo", "ok", "error", "refused"} {
		if !strings.Contains(got, want) {
			t.Errorf("loom audit lacks %q:\n%s", want, got)
		}
	}
	if all := got + w.MustLoom("audit", "--json"); strings.Contains(all, "canary") {
		t.Errorf("what was in a call is in the audit: %s", all)
	}
}
