package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
)

// mirrorInfo is what the mirror says it is.
const mirrorInfo = `{ "name":"mirror", "version":"1", "n":9007199254740993 }`

// mirror is a server for tests of what passes through, byte by byte. A call of
// next says what comes before and after the id in the answer to a call of t, and
// one of last gives back the line that came with t. Before it answers t it
// tells of progress, if the call wants that.
func mirror(modern bool) {
	say := func(format string, args ...any) { fmt.Fprintf(os.Stdout, format+"\n", args...) }
	frames := jsonrpc.NewReader(os.Stdin, 0)
	var next struct{ Before, After, Progress string }
	var last []byte
	for {
		frame, err := frames.Next()
		if err != nil {
			return
		}
		m, err := jsonrpc.Scan(frame)
		if err != nil || m.Kind() != jsonrpc.Request {
			continue
		}
		id := m.ID.Of(frame)
		method, _ := jsonrpc.Text(m.Method.Of(frame))
		switch method {
		case mcp.Discover:
			if modern {
				say(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","supportedVersions":["%s"],"capabilities":{"tools":{}},"serverInfo":%s}}`, id, mcp.Modern, mirrorInfo)
				continue
			}
		case mcp.Initialize:
			if !modern {
				say(`{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":%s}}`, id, mirrorInfo)
				continue
			}
		case mcp.ToolsList:
			say(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","tools":[{"name":"t","inputSchema":{}},{"name":"next","inputSchema":{}},{"name":"last","inputSchema":{}}]}}`, id)
			continue
		case mcp.ToolsCall:
			name, _ := jsonrpc.Find(frame, m.Params, "name")
			switch string(name.Of(frame)) {
			case `"t"`:
				last = bytes.Clone(frame)
				if token, ok := jsonrpc.Find(frame, m.Params, "_meta", "progressToken"); ok {
					say(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":1,%s}}`, token.Of(frame), next.Progress)
				}
				say("%s%s%s", next.Before, id, next.After)
				continue
			case `"next"`:
				arguments, _ := jsonrpc.Find(frame, m.Params, "arguments")
				json.Unmarshal(arguments.Of(frame), &next)
				say(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete"}}`, id)
				continue
			case `"last"`:
				say(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","line":%s}}`, id, jsonrpc.Quote(string(last)))
				continue
			}
		}
		say(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no"}}`, id)
	}
}

const mirrors = `version: 1
servers:
  legacy: {command: FAKE, args: [mirror], share: global, max_result_bytes: 0, max_structured_bytes: 0}
  modern: {command: FAKE, args: [mirror, modern], share: global, max_result_bytes: 0, max_structured_bytes: 0}
`

// What the clients of the two eras say of themselves, as a modern server is told.
const (
	clientMeta       = `"` + mcp.MetaProtocolVersion + `":"` + mcp.Modern + `","` + mcp.MetaClientCapabilities + `":{ "x":1e400 },"` + mcp.MetaClientInfo + `":{"name":"me" , "version":"0"}`
	clientInitialize = `{"protocolVersion":"2025-11-25","capabilities":{ "x":1e400 },"clientInfo":{"name":"me" , "version":"0"}}`
)

// line is one client of a loomd in this process, which is at the end of a socket.
type line struct {
	modern bool
	conn   net.Conn
	frames *jsonrpc.Reader
}

func newLine(tb testing.TB, opts Options, modern bool) *line {
	tb.Helper()
	conn, err := localsock.Dial(tb.Context(), opts.Socket)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	l := &line{modern: modern, conn: conn, frames: jsonrpc.NewReader(conn, 0)}
	hello, err := json.Marshal(loomrpc.Hello{Protocol: loomrpc.Protocol, Version: "v1"})
	if err != nil {
		tb.Fatal(err)
	}
	l.send(tb, string(jsonrpc.NewRequest([]byte("0"), loomrpc.MethodHello, hello)))
	l.answer(tb, "0")
	if !modern {
		l.send(tb, `{"jsonrpc":"2.0","method":"loom/mcp","params":{"jsonrpc":"2.0","id":1,"method":"initialize","params":`+clientInitialize+`}}`)
		l.answer(tb, "1")
	}
	for _, server := range []string{"legacy", "modern"} { // a server that is learnt may get calls out of their order
		l.send(tb, call("2", server, "last", `{"name":"x"}`))
		l.answer(tb, "2")
	}
	return l
}

func (l *line) send(tb testing.TB, frames ...string) {
	tb.Helper()
	if _, err := l.conn.Write([]byte(strings.Join(frames, "\n") + "\n")); err != nil {
		tb.Fatal(err)
	}
}

// call is a loom/call of a tool.
func call(id, server, name, params string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"loom/call","params":{"server":"` + server + `","tool":"` + name + `","params":` + params + `}}`
}

// answer is the answer with that raw id, and what came before it: all but what
// loomd tells of lists.
func (l *line) answer(tb testing.TB, id string) (frame string, before []string) {
	tb.Helper()
	l.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		raw, err := l.frames.Next()
		if err != nil {
			tb.Fatalf("waiting for the answer to %s: %v; before it came %q", id, err, before)
		}
		m, err := jsonrpc.Scan(raw)
		if err != nil {
			tb.Fatalf("loomd sent %q: %v", raw, err)
		}
		method, _ := jsonrpc.Text(m.Method.Of(raw))
		switch {
		case m.Kind() == jsonrpc.Response && string(m.ID.Of(raw)) == id:
			return string(raw), before
		case !loomrpc.IsOurs(method) && !strings.HasSuffix(method, "/list_changed"):
			before = append(before, string(raw))
		}
	}
}

// passage is what passes through in one call: the JSON that is nobody's business
// but the client's and the server's.
type passage struct {
	pair      uint8  // which eras
	id, token string // values, text or number
	arguments string // value
	meta      string // members of params._meta
	params    string // members
	result    string // members
	resultIs  string // members of result._meta
	envelope  string // members of the answer beside the known ones
}

// fits reports whether p is what a client and a server may say, in one line and
// without a member that Loom itself reads.
func (p passage) fits() bool {
	all := p.id + p.token + p.arguments + p.meta + p.params + p.result + p.resultIs + p.envelope
	if strings.ContainsAny(all, "\n") || !utf8.ValidString(all) || !json.Valid([]byte(p.arguments)) {
		return false
	}
	for _, value := range []string{p.id, p.token} {
		if !json.Valid([]byte(value)) || strings.TrimSpace(value) != value || !strings.ContainsAny(value[:1], `"-0123456789`) {
			return false
		}
	}
	if p.id == `"next"` || p.id == `"last"` {
		return false
	}
	for _, one := range []struct {
		members string
		without []string
	}{
		{p.meta, []string{"progressToken", mcp.MetaProtocolVersion, mcp.MetaClientCapabilities, mcp.MetaClientInfo, mcp.MetaLogLevel}},
		{p.params, []string{"name", "arguments", "_meta", "requestState"}},
		{p.result, []string{"_meta", "resultType", "task", "taskId"}},
		{p.resultIs, []string{mcp.MetaServerInfo}},
		{p.envelope, []string{"jsonrpc", "id", "method", "params", "result", "error"}},
	} {
		names, ok := memberNames(one.members)
		if !ok || slices.ContainsFunc(names, func(name string) bool { return slices.Contains(one.without, name) }) {
			return false
		}
	}
	names, _ := memberNames(p.envelope)
	slices.Sort(names)
	return len(slices.Compact(names)) == len(names) // a frame with a member twice is no message
}

// memberNames are the names of raw members. encoding/json finds them, not the
// code that is tested.
func memberNames(members string) (names []string, ok bool) {
	object := []byte("{" + members + "}")
	if !json.Valid(object) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	d.Token()
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, false
		}
		names = append(names, name.(string))
	}
	return names, true
}

// after puts members behind others.
func after(members string) string {
	if strings.TrimSpace(members) == "" {
		return members
	}
	return "," + members
}

// pass has p pass through and looks at both ends.
func (p passage) pass(tb testing.TB, l *line) {
	tb.Helper()
	server := []string{"legacy", "modern"}[p.pair>>1&1]
	fails := p.pair>>2&1 == 1

	said := `"progressToken":`
	if l.modern {
		said = clientMeta + "," + said
	}
	told := said
	if server == "modern" && !l.modern {
		told = clientMeta + "," + said
	}
	params := func(name, meta, token string) string {
		return `{"name":"` + name + `","arguments":` + p.arguments + `,"_meta":{` + meta + token + after(p.meta) + `}` + after(p.params) + `}`
	}
	head := "{" // of the answer
	if strings.TrimSpace(p.envelope) != "" {
		head += p.envelope + ","
	}
	given, wanted := `{"_meta":{`+p.resultIs+`}`+after(p.result)+`}`, ""
	switch wanted = given; {
	case server == "modern":
		given = `{"resultType":"complete",` + given[1:]
		wanted = given
	case l.modern:
		wanted = `{"resultType":"complete","_meta":{"` + mcp.MetaServerInfo + `":` + mirrorInfo + after(p.resultIs) + `}` + after(p.result) + `}`
	}
	member := `,"result":`
	if fails {
		member, given = `,"error":`, `{"code":-4711,"message":"","data":`+p.arguments+after(p.result)+`}`
		wanted = given
	}
	reported := `"x":` + p.arguments
	next, err := jsonrpc.Marshal(map[string]string{"before": head + `"jsonrpc":"2.0","id":`, "after": member + given + "}", "progress": reported})
	if err != nil {
		tb.Fatal(err)
	}
	own := ""
	if l.modern {
		own = `,"_meta":{` + clientMeta + `}`
	}
	frame := call(p.id, server, "t", params(server+"__t", said, p.token))
	if _, err := jsonrpc.Scan([]byte(frame)); err != nil {
		tb.Skip("too deep")
	}
	l.send(tb,
		call(`"next"`, server, "next", `{"name":"x","arguments":`+string(next)+own+`}`), frame, call(`"last"`, server, "last", `{"name":"x"`+own+`}`))
	l.answer(tb, `"next"`)
	answer, progress := l.answer(tb, p.id)
	if want := head + `"jsonrpc":"2.0","id":` + p.id + member + wanted + "}"; answer != want {
		tb.Errorf("the answer came as\n%q, want\n%q", answer, want)
	}
	if want := `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":` + p.token + `,"progress":1,` + reported + `}}`; !slices.Equal(progress, []string{want}) {
		tb.Errorf("progress came as\n%q, want\n%q", progress, want)
	}
	last, _ := l.answer(tb, `"last"`)
	var reply struct{ Result struct{ Line string } }
	if err := json.Unmarshal([]byte(last), &reply); err != nil {
		tb.Fatal(err)
	}
	arrived := ownID.ReplaceAllString(reply.Result.Line, "") // `{"jsonrpc":"2.0","id":7,`
	var request struct {
		Params struct {
			Meta struct {
				ProgressToken json.RawMessage
			} `json:"_meta"`
		}
	}
	if err := json.Unmarshal([]byte("{"+arrived), &request); err != nil && !strings.Contains(err.Error(), "exceeded max depth") {
		tb.Errorf("the request arrived as %q: %v", arrived, err)
	}
	token := string(request.Params.Meta.ProgressToken)
	if want := `"method":"tools/call","params":` + params("t", told, token) + "}"; !ownToken.MatchString(token) || arrived != want {
		tb.Errorf("the request arrived as\n%q, want\n%q", arrived, want)
	}
}

// What Loom puts in the place of the client's id and progress token.
var (
	ownID    = regexp.MustCompile(`^\{"jsonrpc":"2\.0","id":\d+,`)
	ownToken = regexp.MustCompile(`^"loom-\d+"$`)
)

// odd are passages that a decoding hub mangles.
var odd = []passage{
	{id: `1`, token: `2`, arguments: `{}`},
	{id: `"1"`, token: `1`, arguments: `{"a": 0.10,"b":9007199254740993,"c":1e400,"d":-0,"e":"<>&","f":""}`, meta: `"a<>&":0.10`, params: `"x-unknown":[ ]`, result: `"content":[{"type":"video","text":"\u003c\u2028"}],"structuredContent":{"n":9007199254740993}`, resultIs: `"x":1E5`, envelope: `"x-first":1`},
	{id: `"loom-1"`, token: `"loom-1"`, arguments: `{"$schema":"https://json-schema.org/draft/2020-12/schema","oneOf":[{"required":[]}]}`, meta: ` `, params: "\"x\":\"\\r\\n\"\t\r", result: `"":{"":""}`, resultIs: "\r"},
	{id: `"\u006eext"`, token: `"é𝄞\ud834\udd1e"`, arguments: `{"id":1,"method":"m","params":{"name":"t","_meta":{"progressToken":1}},"result":{"id":1}}`, meta: `"a":{"progressToken":3}`, params: `"n":{"name":"no"}`, result: `"id":7,"result":{"id":1},"x":{"_meta":{}}`, envelope: `"Result":1,"ID":2`},
	{id: `-0`, token: `1e400`, arguments: `"` + "\u2028\u2029\u007f\ufeff\uffff" + `"`, result: `"a":1,"a":2,"structuredContent":null`, params: `"a":1,"a":2`},
	{id: `12345678901234567890`, token: `"` + strings.Repeat("t", 300) + `"`, arguments: `[[[[[[[[{}]]]]]]]]`, result: `"isError":true,"content":[]`, params: `"task":{"ttl":1}`},
}

// FuzzExact: whatever a client and a server say to each other in a call passes
// through as it is, but for the id, the tool's name, the progress token, and
// what the other era demands; in all four pairs of eras.
func FuzzExact(f *testing.F) {
	for _, p := range odd {
		for pair := range uint8(8) {
			f.Add(pair, p.id, p.token, p.arguments, p.meta, p.params, p.result, p.resultIs, p.envelope)
		}
	}
	opts := options(f, mirrors)
	opts.MetricsAddr = ""
	runWith(f, opts)
	lines := []*line{newLine(f, opts, false), newLine(f, opts, true)}
	f.Fuzz(func(t *testing.T, pair uint8, id, token, arguments, meta, params, result, resultIs, envelope string) {
		p := passage{pair, id, token, arguments, meta, params, result, resultIs, envelope}
		if !p.fits() {
			t.Skip("no message could carry it")
		}
		p.pass(t, lines[pair&1])
	})
}

// TestExact: every odd passage is one that passes.
func TestExact(t *testing.T) {
	for _, p := range odd {
		if !p.fits() {
			t.Errorf("this does not fit: %+v", p)
		}
	}
}
