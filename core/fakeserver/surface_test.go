package fakeserver

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/core/golden"
	"github.com/loom-core/loom/core/jsonrpc"
)

// script is what a client may say in both eras, with those lines that one of
// them refuses.
var script = []struct{ method, params string }{
	{"resources/list", `{}`},
	{"resources/templates/list", `{}`},
	{"resources/read", `{"uri":"fake://fake/text"}`},
	{"resources/read", `{"uri":"fake://fake/blob"}`},
	{"resources/read", `{"uri":"fake://fake/big"}`},
	{"resources/read", `{"uri":"fake://fake/items/a%20b"}`},
	{"resources/read", `{"uri":"fake://fake/items/a/b"}`},
	{"resources/read", `{"uri":"fake://other/text"}`},
	{"resources/subscribe", `{"uri":"fake://fake/text"}`},
	{"tools/call", toolCall("touch", `{"uri":"fake://fake/text"}`)},
	{"resources/unsubscribe", `{"uri":"fake://fake/text"}`},
	{"tools/call", toolCall("touch", `{"uri":"fake://fake/text"}`)},
	{"prompts/list", `{}`},
	{"prompts/get", `{"name":"greet","arguments":{"name":"\u00e9 <you>"}}`},
	{"prompts/get", `{"name":"greet"}`},
	{"prompts/get", `{"name":"plain"}`},
	{"prompts/get", `{"name":"none"}`},
	{"completion/complete", `{"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"name","value":"<a"},"context":{"arguments":{"style":"1e400"}}}`},
	{"completion/complete", `{"ref":{"type":"ref/resource","uri":"fake://fake/items/{id}"},"argument":{"name":"id","value":""}}`},
	{"completion/complete", `{"ref":{"type":"ref/prompt","name":"none"},"argument":{"name":"id","value":""}}`},
	{"logging/setLevel", `{"level":"loud"}`},
	{"logging/setLevel", `{"level":"warning"}`},
	{"tools/call", toolCall("log", `{"level":"info","text":"quiet"}`)},
	{"tools/call", toolCall("log", `{"level":"error","text":"<loud>","n":2}`)},
	{"tools/call", toolCall("log", `{"level":"alert","data":[ 0.10, "\u00e9" ]}`)},
	{"tools/call", toolCall("who", `{}`)},
	{"tools/call", toolCall("echo", `{"a":0.10}`)},
	{"tools/call", toolCall("error", `{}`)},
	{"tools/call", toolCall("vendor", `{"params":{"n":1e400}}`)},
	{"tools/call", toolCall("grow_prompts", `{}`)},
	{"tools/call", toolCall("grow_resources", `{}`)},
	{"tools/call", toolCall("need_url", `{"tag":"<t>"}`)},
	{"tools/call", toolCall("none", `{}`)},
	{"x/echo", `{"a":[ 1 , 0.10 ]}`},
	{"x/none", `{}`},
	{"ping", `{}`},
}

// TestSurface holds all that is said in both eras against testdata.
func TestSurface(t *testing.T) {
	for _, era := range []string{"legacy", "modern"} {
		t.Run(era, func(t *testing.T) {
			p := start(t, Options{Era: era, Surface: true, Bytes: 10})
			for _, line := range script {
				p.ask(line.method, line.params)
			}
			golden.Check(t, era+".golden", p.script.Bytes())
		})
	}
}

// TestEachResultIsDressed: in the modern era every result says what kind it is,
// and every list and read how long it holds.
func TestEachResultIsDressed(t *testing.T) {
	p := start(t, Options{Era: "modern", Surface: true})
	for _, line := range script {
		answer, _ := p.ask(line.method, line.params)
		result := member(answer, "result")
		if result == "" {
			continue
		}
		wants(t, result, `"resultType":`)
		cached := strings.HasSuffix(line.method, "/list") || line.method == "resources/read"
		if has := member(result, "ttlMs") != "" && member(result, "cacheScope") != ""; has != cached {
			t.Errorf("%s: how long it holds is there: %v, want %v: %.300s", line.method, has, cached, result)
		}
	}
}

// TestWithoutSurface: what the flag brings is not there without it.
func TestWithoutSurface(t *testing.T) {
	for _, era := range []string{"legacy", "modern"} {
		p := start(t, Options{Era: era})
		for _, method := range []string{"resources/list", "prompts/list", "completion/complete", "logging/setLevel", "subscriptions/listen", "tasks/list", "x/echo"} {
			answer, _ := p.ask(method, `{}`)
			wants(t, answer, `"code":-32601`)
		}
		for _, tool := range SurfaceTools {
			answer, _ := p.call(tool, `{}`)
			wants(t, answer, `"code":-32602`, "no tool "+tool)
		}
		answer, _ := p.ask("ping", `{}`)
		is(t, "the answer to ping", member(answer, "result"), `{}`)
	}
}

// TestEachSurfaceToolIsThere: the list and the tools are the same.
func TestEachSurfaceToolIsThere(t *testing.T) {
	p := start(t, Options{Surface: true})
	answer, _ := p.ask("tools/list", `{}`)
	for _, tool := range SurfaceTools {
		wants(t, answer, Definition(tool))
		if tool == "stop" {
			continue // it would stop the test
		}
		got, _ := p.call(tool, `{"kind":"none"}`)
		if strings.Contains(got, "no tool") {
			t.Errorf("%s is listed and not there", tool)
		}
	}
}

// TestNames: two servers differ in their URIs if their names do.
func TestNames(t *testing.T) {
	p := start(t, Options{Surface: true, Name: "other"})
	answer, _ := p.ask("resources/list", `{}`)
	for _, resource := range Resources {
		wants(t, answer, ResourceDefinition("other", resource))
	}
	answer, _ = p.ask("resources/templates/list", `{}`)
	wants(t, answer, Template("other"))
	answer, _ = p.ask("resources/read", `{"uri":"fake://fake/text"}`)
	wants(t, answer, `"code":-32002`)
}

// TestPages: every list of the surface comes in pages too, and a cursor that was
// never given is refused.
func TestPages(t *testing.T) {
	p := start(t, Options{Surface: true, Pages: 3})
	for method, want := range map[string]int{"resources/list": len(Resources), "prompts/list": len(Prompts), "tools/list": len(Tools) + len(SurfaceTools), "resources/templates/list": 1} {
		got, params := 0, `{}`
		for pages := 1; ; pages++ {
			answer, _ := p.ask(method, params)
			jsonrpc.Members([]byte(answer), jsonrpc.Span{Start: strings.Index(answer, `{"`+strings.Split(method, "/")[0][:4]), End: len(answer)}, func(name string, value jsonrpc.Span) bool {
				jsonrpc.Elements([]byte(answer), value, func(jsonrpc.Span) bool { got++; return true })
				return true
			})
			next := member(answer, "result", "nextCursor")
			if next == "" {
				if pages != 3 {
					t.Errorf("%s has %d pages, want 3", method, pages)
				}
				break
			}
			params = `{"cursor":` + next + `}`
		}
		if got != want {
			t.Errorf("%s has %d entries, want %d", method, got, want)
		}
		for _, cursor := range []string{`"3"`, `"-1"`, `"x"`, `1`} {
			answer, _ := p.ask(method, `{"cursor":`+cursor+`}`)
			wants(t, answer, `"code":-32602`)
		}
	}
}
