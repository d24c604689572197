package remote

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/mcp"
)

func TestTheModernHeaders(t *testing.T) {
	for _, tc := range []struct{ method, params, name string }{
		{"server/discover", "", ""},
		{"tools/call", `,"name":"get_weather","arguments":{"name":"no"}`, "get_weather"},
		{"prompts/get", `,"name":"grüß"`, "=?base64?Z3LDvMOf?="},
		{"resources/read", `,"uri":"file:///a\u0020b"`, "file:///a b"},
		{"resources/list", `,"uri":"x","name":"y"`, ""},
	} {
		t.Run(tc.method, func(t *testing.T) {
			e := serve(t, &endpoint{answer: func(w http.ResponseWriter, r *http.Request, got request) {
				w.Header().Set("Mcp-Session-Id", "must be ignored")
				say(w, result(got.id, got.body))
			}})
			r := start(t, Options{URL: e.URL})
			frame := modernCall(4, tc.method, tc.params)
			for range 2 {
				r.send(frame)
				r.want(result("4", frame))
			}
			for _, q := range e.requests() {
				if q.Get("Mcp-Protocol-Version") != mcp.Modern || q.Get("Mcp-Method") != tc.method || q.Get("Mcp-Name") != tc.name || q.Get("Mcp-Session-Id") != "" {
					t.Errorf("headers %v", q.Header)
				}
			}
		})
	}
}

func TestHeaderValue(t *testing.T) {
	for in, want := range map[string]string{ // the examples of the specification and their neighbours
		"us-west1": "us-west1", "a b\x7e": "a b~", "": "",
		"Hello, 世界":          "=?base64?SGVsbG8sIOS4lueVjA==?=",
		" padded ":           "=?base64?IHBhZGRlZCA=?=",
		"line1\nline2":       "=?base64?bGluZTEKbGluZTI=?=",
		"=?base64?literal?=": "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=",
		"=?base64?no":        "=?base64?no",
		"\x7f":               "=?base64?fw==?=",
	} {
		if got := headerValue(in); got != want {
			t.Errorf("headerValue(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestModernCancel: the stream is closed, nothing is posted, and nothing more
// comes of it. A stream of subscriptions is no different.
func TestModernCancel(t *testing.T) {
	gone := make(chan string, 2)
	e := serve(t, &endpoint{answer: func(w http.ResponseWriter, r *http.Request, got request) {
		if got.method == "resources/list" {
			say(w, result(got.id, ""))
			return
		}
		stream(w, "data: "+progress(1))
		<-r.Context().Done()
		gone <- got.id
	}})
	r := start(t, Options{URL: e.URL})
	r.send(modernCall(2, mcp.ToolsCall, ""), modernCall(3, "subscriptions/listen", ""))
	r.want(progress(1), progress(1))
	for _, id := range []string{"2", "3"} {
		r.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + id + `}}`)
		if got := <-gone; got != id {
			t.Errorf("the stream of %s was closed, not of %s", got, id)
		}
	}
	r.send(`{"jsonrpc":"2.0","id":"x","result":{}}`) // no such thing in this era
	r.send(modernCall(4, "resources/list", ""))
	r.want(result("4", ""))
	if n := len(e.requests()); n != 3 {
		t.Errorf("%d requests: %v", n, e.requests())
	}
}

// TestModernStreamsAreNotResumed: not even when they have ids.
func TestModernStreamsAreNotResumed(t *testing.T) {
	e := serve(t, &endpoint{answer: func(w http.ResponseWriter, r *http.Request, got request) { stream(w, "id: 1\ndata: "+progress(1)) }})
	r := start(t, Options{URL: e.URL})
	r.send(modernCall(2, mcp.ToolsCall, ""))
	r.want(progress(1))
	r.failure("2")
	if n := len(e.requests()); n != 1 {
		t.Errorf("%d requests: %v", n, e.requests())
	}
}

// TestALegacyServerIsFoundOut: whatever it says to server/discover comes out as
// an error to it, and initialize works after that.
func TestALegacyServerIsFoundOut(t *testing.T) {
	for name, refuse := range map[string]func(w http.ResponseWriter){
		"-32601": func(w http.ResponseWriter) { say(w, `{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"?"}}`) },
		"400": func(w http.ResponseWriter) {
			http.Error(w, "Bad Request: Mcp-Session-Id header is required", http.StatusBadRequest)
		},
		"400 without id": func(w http.ResponseWriter) {
			w.WriteHeader(400)
			fmt.Fprint(w, `{"jsonrpc":"2.0","error":{"code":-32000,"message":"Server not initialized"}}`)
		},
		"404": func(w http.ResponseWriter) { http.NotFound(w, nil) },
		"405": func(w http.ResponseWriter) { w.WriteHeader(http.StatusMethodNotAllowed) },
		"422": func(w http.ResponseWriter) { http.Error(w, "no session id", http.StatusUnprocessableEntity) },
		"500": func(w http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			e := serve(t, &endpoint{session: "s-1", answer: func(w http.ResponseWriter, r *http.Request, got request) { refuse(w) }})
			r := start(t, Options{URL: e.URL})
			r.send(modernCall(2, mcp.Discover, ""))
			if line := r.next(); !strings.HasPrefix(line, `{"jsonrpc":"2.0","id":2,"error":{"code":-3`) {
				t.Errorf("got %s", line)
			}
			r.handshake()
		})
	}
}

const toolWith = `{"name":"sql","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},` +
	`"deep":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"},"b":{"type":"boolean","x-mcp-header":"B"}}},"x-mcp-header":{"type":"string"}}}}`

func TestArgumentsAreMirrored(t *testing.T) {
	lists := 0
	var refused bool
	e := serve(t, &endpoint{answer: func(w http.ResponseWriter, r *http.Request, got request) {
		switch {
		case got.method == mcp.ToolsList:
			lists++
			if !strings.Contains(got.body, `"cursor"`) {
				say(w, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"tools":[],"nextCursor":"2"}}`, got.id))
				return
			}
			stream(w, "data: "+progress(1), fmt.Sprintf(`data: {"jsonrpc":"2.0","id":%s,"result":{"tools":[%s]}}`, got.id, toolWith))
		case r.Header.Get("Mcp-Param-Region") == "":
			refused = true
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32020,"message":"Header mismatch"}}`, got.id)
		default:
			say(w, result(got.id, fmt.Sprint(r.Header["Mcp-Param-Region"], r.Header["Mcp-Param-N"], r.Header["Mcp-Param-B"])))
		}
	}})
	r := start(t, Options{URL: e.URL})
	call := func(arguments string) string {
		return modernCall(2, mcp.ToolsCall, `,"name":"sql","arguments":`+arguments)
	}
	// It was never listed here: the list is read when the server complains.
	r.send(call(`{"region":"grün","deep":{"n":42.0,"b":false}}`))
	r.want(result("2", "[=?base64?Z3LDvG4=?=] [42] [false]"))
	if !refused || lists != 2 {
		t.Errorf("refused %t, %d lists", refused, lists)
	}
	r.send(call(`{"region":"us","deep":{"n":null,"b":"\u0061"},"other":1}`))
	r.want(result("2", "[us] [] [a]"))
	r.send(call(`{"deep":7}`)) // its complaint cannot be helped
	if line := r.next(); !strings.Contains(line, `"code":-32020`) {
		t.Errorf("got %s", line)
	}
	if n := e.count(isMethod(mcp.ToolsCall)); n != 4 {
		t.Errorf("%d calls were posted", n)
	}
}

func TestToolsWithBadAnnotationsAreLeftOut(t *testing.T) {
	schema := func(properties string) string {
		return `{"name":"bad","inputSchema":{"properties":{` + properties + `}}}`
	}
	for name, tool := range map[string]string{
		"number":      schema(`"a":{"type":"number","x-mcp-header":"A"}`),
		"no type":     schema(`"a":{"x-mcp-header":"A"}`),
		"empty":       schema(`"a":{"type":"string","x-mcp-header":""}`),
		"no token":    schema(`"a":{"type":"string","x-mcp-header":"A B"}`),
		"line end":    schema(`"a":{"type":"string","x-mcp-header":"A\r\n"}`),
		"no text":     schema(`"a":{"type":"string","x-mcp-header":1}`),
		"twice":       schema(`"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}`),
		"items":       schema(`"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}`),
		"choice":      schema(`"a":{"anyOf":[{"type":"string","x-mcp-header":"A"}]}`),
		"definition":  `{"name":"bad","inputSchema":{"$defs":{"d":{"type":"string","x-mcp-header":"A"}}}}`,
		"at the root": `{"name":"bad","inputSchema":{"type":"string","x-mcp-header":"A"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			e := serve(t, &endpoint{answer: func(w http.ResponseWriter, r *http.Request, got request) {
				say(w, `{"jsonrpc":"2.0","id":2,"result":{"tools":[ `+tool+`, {"name":"good","v":1.0} ,`+toolWith+`],"ttlMs":1}}`)
			}})
			r := start(t, Options{URL: e.URL})
			r.send(modernCall(2, mcp.ToolsList, ""))
			r.want(`{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"good","v":1.0},` + toolWith + `],"ttlMs":1}}`)
			if !strings.Contains(r.log(), "tool bad is left out") {
				t.Errorf("logged %q", r.log())
			}
		})
	}
	e := serve(t, &endpoint{answer: func(w http.ResponseWriter, r *http.Request, got request) {
		say(w, `{"jsonrpc":"2.0","id":2,"result":{"tools":[ {"name":"x","inputSchema":{"default":{"x-mcp-header":1}}} , `+toolWith+` ]}}`)
	}})
	r := start(t, Options{URL: e.URL})
	r.send(modernCall(2, mcp.ToolsList, ""))
	r.want(`{"jsonrpc":"2.0","id":2,"result":{"tools":[ {"name":"x","inputSchema":{"default":{"x-mcp-header":1}}} , ` + toolWith + ` ]}}`)
}
