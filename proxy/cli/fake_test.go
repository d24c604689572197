package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/registry"
)

// fakeLoomd is a loomd without servers: it reads the real registry, and knows
// what the servers git and echo would answer. What it should answer otherwise
// stands in files of the folder fake in HOME:
//
//	METHOD.json   the result of loom/METHOD
//	METHOD.error  its error
//	version       its version
//	hold, wait    fifos, written to when echo__hold was called, and when a
//	              later loom/logs or loom/trace waits; cancelled, when the call's connection ended
type fakeLoomd struct {
	dirs     localsock.Dirs
	fake     string // the folder
	socket   string
	registry RegistryFile
	started  time.Time
	stopped  chan struct{}

	mu    sync.Mutex
	reg   *registry.Registry
	known map[string]bool // learnt
	asked int             // how often loom/trace was, after its first question
}

// fakeMain is the fake as a program.
func fakeMain() {
	flags := flag.NewFlagSet("loomd", flag.ExitOnError)
	socket := flags.String("socket", "", "")
	file := flags.String("registry", "", "")
	saved := flags.String("environment", "", "")
	flags.Parse(os.Args[1:])
	if *saved != "" {
		if err := environ.Take(context.Background(), *saved); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	dirs, err := localsock.UserDirs()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if *socket == "" {
		if *socket, err = dirs.DefaultSocket(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	home := os.Getenv("HOME")
	d := &fakeLoomd{
		dirs: dirs, fake: filepath.Join(home, "fake"), socket: *socket,
		registry: RegistryFile{Path: dirs.RegistryFile()},
		started:  time.Now(), stopped: make(chan struct{}), known: map[string]bool{},
	}
	if *file != "" {
		d.registry = RegistryFile{Path: *file, Named: true}
	}
	if text, err := os.ReadFile(filepath.Join(d.fake, "start.error")); err == nil {
		os.Stderr.Write(text)
		os.Exit(1)
	}
	if d.reg, err = d.registry.sources(d.dirs).Load(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	l, err := localsock.Listen(*socket, dirs)
	var inUse *localsock.InUseError
	if errors.As(err, &inUse) {
		os.Exit(3)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Started by a script that is over: see scripts' Setup.
	if _, err := os.Stat(filepath.Join(home, "live")); err != nil {
		l.Close()
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "time=%s level=INFO msg=serving socket=%s\n", d.started.Format(time.RFC3339Nano), *socket)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go d.serve(conn)
		}
	}()
	<-d.stopped
	l.Close()
}

func (d *fakeLoomd) serve(conn net.Conn) {
	defer conn.Close()
	frames := jsonrpc.NewReader(conn, 0)
	for {
		frame, err := frames.Next()
		if err != nil {
			return
		}
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			return
		}
		var envelope struct {
			ID     json.RawMessage
			Method string
			Params json.RawMessage
		}
		if json.Unmarshal(frame, &envelope) != nil || m.Kind() != jsonrpc.Request {
			return
		}
		method := strings.TrimPrefix(envelope.Method, loomrpc.Prefix)
		var reply []byte
		switch result, err := d.answer(method, envelope.Params, conn); {
		case err == errHold:
			conn.Read(make([]byte, 1)) // until the other side goes
			d.signal("cancelled")
			return
		case err != nil:
			var e *jsonrpc.Error
			var ours *loomrpc.Error
			if errors.As(err, &ours) {
				e = ours.Wire()
			} else if !errors.As(err, &e) {
				e = jsonrpc.Errorf(jsonrpc.CodeInternal, "%v", err)
			}
			reply = jsonrpc.NewError(envelope.ID, e)
		default:
			reply = jsonrpc.NewResult(envelope.ID, result)
		}
		if _, err := conn.Write(append(reply, '\n')); err != nil {
			return
		}
		if method == "stop" {
			close(d.stopped)
			return
		}
	}
}

// fakePassphrase opens what this loomd has.
const fakePassphrase = "open sesame"

var errHold = errors.New("no answer to this one")

// signal writes to a fifo, if the script made one; that waits for the reader.
func (d *fakeLoomd) signal(name string) {
	if _, err := os.Stat(filepath.Join(d.fake, name)); err == nil {
		os.WriteFile(filepath.Join(d.fake, name), []byte(name+"\n"), 0o600)
	}
}

func (d *fakeLoomd) version() string {
	text, err := os.ReadFile(filepath.Join(d.fake, "version"))
	if err != nil {
		return testVersion
	}
	return strings.TrimSpace(string(text))
}

func (d *fakeLoomd) answer(method string, params json.RawMessage, conn net.Conn) ([]byte, error) {
	if text, err := os.ReadFile(filepath.Join(d.fake, method+".error")); err == nil {
		e := new(jsonrpc.Error)
		if err := json.Unmarshal(text, e); err != nil {
			return nil, err
		}
		return nil, e
	}
	if text, err := os.ReadFile(filepath.Join(d.fake, method+".json")); err == nil {
		return []byte(strings.ReplaceAll(string(text), "\n", " ")), nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var result any
	switch method {
	case "hello":
		result = loomrpc.HelloReply{Protocol: loomrpc.Protocol, Version: d.version()}
	case "status":
		servers := []loomrpc.ServerStatus{}
		for _, s := range d.servers() {
			if s.Enabled {
				servers = append(servers, s)
			}
		}
		result = loomrpc.Status{
			Version: d.version(), Protocol: loomrpc.Protocol, PID: os.Getpid(), Started: d.started,
			Socket: d.socket, StateDir: d.dirs.State, Registry: d.registry.Path, Environment: environ.Origin(),
			Layers: layersOf(d.reg), Sessions: []loomrpc.Session{}, Servers: servers,
		}
	case "servers":
		result = loomrpc.ServersReply{Servers: d.servers()}
	case "tools":
		var q loomrpc.ToolsQuery
		if err := json.Unmarshal(params, &q); err != nil {
			return nil, err
		}
		if _, ok := d.reg.Server(registry.ServerName(q.Server)); q.Server != "" && !ok {
			return nil, unknown(q.Server)
		}
		reply := loomrpc.ToolsReply{Tools: []loomrpc.Tool{}, Unknown: map[string]string{}, UsageSince: d.started.Add(-72 * time.Hour)}
		for _, s := range d.servers() {
			if q.Raw && s.LastError != "" {
				reply.Unknown[s.Name] = s.LastError
			}
		}
		for _, t := range d.tools() {
			if q.Raw {
				own := strings.Replace(string(t.Definition), t.Name, t.Tool, 1)
				t = loomrpc.Tool{Server: t.Server, Tool: t.Tool, Tokens: t.Tokens, Raw: json.RawMessage(own)}
			}
			if (q.Server == "" || q.Server == t.Server) && (q.Name == "" || q.Name == t.Name) {
				if t.Name == "git__log" {
					t.Calls, t.LastUsed = 12, d.started.Add(-2*time.Hour)
				}
				reply.Tools = append(reply.Tools, t)
			}
		}
		result = reply
	case "learn":
		reply := loomrpc.LearnReply{Learnt: []loomrpc.ServerStatus{}, Failed: map[string]string{}}
		for _, s := range d.servers() {
			switch {
			case !s.Enabled || s.Known:
			case fakeTools[s.Name] == nil:
				reply.Failed[s.Name] = "starting " + s.Command + ": no such program"
			default:
				d.known[s.Name] = true
			}
		}
		for _, s := range d.servers() {
			if s.Known {
				reply.Learnt = append(reply.Learnt, s)
			}
		}
		result = reply
	case "restart":
		var q loomrpc.RestartQuery
		if err := json.Unmarshal(params, &q); err != nil {
			return nil, err
		}
		if _, ok := d.reg.Server(registry.ServerName(q.Server)); !ok {
			return nil, unknown(q.Server)
		}
		n := 0
		if d.known[q.Server] {
			n = 1
		}
		result = loomrpc.RestartReply{Stopped: n}
	case "reload":
		next, err := d.registry.sources(d.dirs).Load()
		if err != nil {
			return nil, loomrpc.Errorf(loomrpc.CodeBadRegistry, loomrpc.ErrorData{}, "%v", err)
		}
		reply := loomrpc.ReloadReply{Registry: d.registry.Path, Added: []string{}, Removed: []string{}, Changed: []string{}}
		for _, s := range next.Servers {
			before, ok := d.reg.Server(s.Name)
			switch {
			case s.Enabled && (!ok || !before.Enabled):
				reply.Added = append(reply.Added, string(s.Name))
			case !s.Enabled && ok && before.Enabled:
				reply.Removed = append(reply.Removed, string(s.Name))
			case s.Enabled:
				reply.Unchanged++
			}
		}
		d.reg = next
		result = reply
	case "logs":
		return d.logs(params)
	case "trace":
		return d.trace(params)
	case "audit":
		return fakeAudit(params)
	case "secrets_changed":
		var q loomrpc.SecretsChanged
		if err := json.Unmarshal(params, &q); err != nil {
			return nil, err
		}
		reply := loomrpc.SecretsChangedReply{Restarted: []string{}}
		for _, s := range d.reg.Servers {
			uses := func(ref secret.Ref) bool { return slices.Contains(q.Names, ref.Name) }
			if s.Enabled && slices.ContainsFunc(s.SecretRefs(), uses) {
				reply.Restarted = append(reply.Restarted, string(s.Name))
			}
		}
		result = reply
	case "unlock":
		var q loomrpc.Unlock
		if err := json.Unmarshal(params, &q); err != nil {
			return nil, err
		}
		if q.Passphrase != fakePassphrase {
			return nil, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "the passphrase does not open the encrypted file")
		}
		result = struct{}{}
	case "stop":
		result = struct{}{}
	case "metrics":
		result = loomrpc.MetricsReply{Text: "# TYPE loomd_calls_total counter\nloomd_calls_total{server=\"git\",outcome=\"ok\"} 3\n"}
	case "call":
		return d.call(params)
	default:
		return nil, jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "no method %s", method)
	}
	return json.Marshal(result)
}

func unknown(server string) error {
	return loomrpc.Errorf(loomrpc.CodeUnknown, loomrpc.ErrorData{Server: server}, "there is no server %q", server)
}

func (d *fakeLoomd) servers() []loomrpc.ServerStatus {
	servers := serversOf(d.reg)
	for i := range servers {
		s := &servers[i]
		if !s.Enabled {
			continue
		}
		if d.known[s.Name] {
			s.Known = true
			for _, t := range fakeTools[s.Name] {
				s.Tools++
				s.Tokens += len(t) / 4
			}
			s.Instances = []loomrpc.Instance{{State: "ready", PID: 4711, Era: "legacy", Since: d.started}}
		} else if fakeTools[s.Name] == nil {
			s.LastError = "starting " + s.Command + ": no such program"
		}
	}
	return servers
}

func (d *fakeLoomd) tools() []loomrpc.Tool {
	var out []loomrpc.Tool
	for _, s := range d.servers() {
		if !s.Enabled {
			continue
		}
		for _, raw := range fakeTools[s.Name] {
			var def struct{ Name string }
			if err := json.Unmarshal([]byte(raw), &def); err != nil {
				panic(fmt.Sprintf("fakeTools of %s: %v", s.Name, err))
			}
			out = append(out, loomrpc.Tool{
				Name: def.Name, Server: s.Name, Tool: strings.TrimPrefix(def.Name, s.Name+"__"),
				Tokens: len(raw) / 4, Definition: json.RawMessage(raw),
			})
		}
	}
	return out
}

func (d *fakeLoomd) logs(params json.RawMessage) ([]byte, error) {
	var q loomrpc.LogsQuery
	if err := json.Unmarshal(params, &q); err != nil {
		return nil, err
	}
	at := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	lines := []loomrpc.LogLine{
		{Time: at, Text: "listening"},
		{Time: at.Add(1500 * time.Millisecond), From: "4711", Text: "a warning <&>"},
	}
	_, known := d.reg.Server(registry.ServerName(q.Server))
	switch {
	case q.Server == "loomd":
		lines = []loomrpc.LogLine{{Time: at, Text: "level=INFO msg=serving"}}
	case !known:
		return nil, unknown(q.Server)
	case !q.Since.IsZero():
		lines = []loomrpc.LogLine{}
	case q.After == 2:
		lines = []loomrpc.LogLine{{Time: at.Add(time.Minute), Text: "one more"}}
	case q.After == 3:
		d.signal("wait")
		return nil, errHold
	}
	return json.Marshal(loomrpc.LogsReply{Lines: lines, Next: q.After + int64(len(lines))})
}

// trace tells of three messages that its filter wants, then waits.
func (d *fakeLoomd) trace(params json.RawMessage) ([]byte, error) {
	var q loomrpc.TraceQuery
	if err := json.Unmarshal(params, &q); err != nil {
		return nil, err
	}
	if _, known := d.reg.Server(registry.ServerName(q.Server)); q.Server != "" && !known {
		return nil, unknown(q.Server)
	}
	reply := loomrpc.TraceReply{ID: "a", Events: []loomrpc.TraceEvent{}}
	if d.asked++; q.ID == "" {
		d.asked = 0
	}
	switch d.asked {
	case 1:
		reply.Dropped = 1204
		at := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
		for _, e := range []loomrpc.TraceEvent{
			{Session: "3", Client: "codex", Server: "git", Direction: "loom>server", Kind: "request", Method: "tools/call", ID: "7", Tool: "log", Bytes: 106, Body: []byte(`{"a":"<b>  \u001b"}`)},
			{Session: "3", Client: "codex", Server: "git", Direction: "server>loom", Kind: "error", Method: "tools/call", ID: "7", Tool: "log", Bytes: 2048, Took: 5 * time.Millisecond, Code: -32602},
			{Direction: "loom>client", Kind: "notification", Method: "x\x1b[31m"},
		} {
			e.Time = at
			if !q.Body {
				e.Body = nil
			}
			if (q.Client == "" || q.Client == e.Client) && (q.Server == "" || q.Server == e.Server) {
				reply.Events = append(reply.Events, e)
			}
		}
	case 2:
		reply.ID = "b" // it does not know the id any more
	case 3:
		d.signal("wait")
		return nil, errHold
	}
	return jsonrpc.Marshal(reply)
}

// fakeAudit has four calls, and answers what a query wants of them.
func fakeAudit(params json.RawMessage) ([]byte, error) {
	var q loomrpc.AuditQuery
	if err := json.Unmarshal(params, &q); err != nil {
		return nil, err
	}
	at := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	reply := loomrpc.AuditReply{Records: []loomrpc.AuditRecord{}, Status: loomrpc.AuditStatus{File: "/state/audit.jsonl"}}
	for i, r := range []loomrpc.AuditRecord{
		{Session: "1", Client: "codex", Server: "git", Tool: "log", Method: "tools/call", Outcome: "ok", Duration: 1500 * time.Microsecond, RequestBytes: 20, ResultBytes: 2048},
		{Session: "2", Client: "claude <1>", Server: "git", Tool: "log", Method: "tools/call", Outcome: "tool_error", Duration: 70 * time.Second},
		{Session: "2", Method: "tools/call", Outcome: "refused", Tool: "none\x1b[31m"},
		{Session: "1", Client: "codex", Server: "echo", Method: "resources/read", Outcome: "timeout", Duration: time.Second},
	} {
		r.Time = at.Add(time.Duration(i) * time.Hour)
		if !r.Time.Before(q.Since) && (q.Client == "" || q.Client == r.Client) && (q.Server == "" || q.Server == r.Server) &&
			(q.Tool == "" || q.Tool == r.Tool) && (q.Outcome == "" || q.Outcome == r.Outcome) {
			reply.Records = append(reply.Records, r)
		}
	}
	reply.Matched = len(reply.Records)
	if q.Limit > 0 && q.Limit < reply.Matched {
		reply.Records = reply.Records[reply.Matched-q.Limit:]
	}
	return json.Marshal(reply)
}

// fakeTools are the definitions of the servers that can be started.
var fakeTools = map[string][]string{
	"git": {
		`{"name":"git__get_status","title":"Git status","description":"Show the working tree. Untracked files too.\n\nPaths are relative.","inputSchema":{"type":"object","properties":{"repo":{"type":"string","description":"The repository"}},"required":["repo"]},"annotations":{"readOnlyHint":true,"openWorldHint":false}}`,
		`{"name":"git__log","description":"Show commits.","inputSchema":{"type":"object","properties":{"repo":{"type":"string"},"max_count":{"type":"integer","description":"How many","default":10},"since":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null},"order":{"$ref":"#/$defs/order"}},"required":["repo"],"$defs":{"order":{"enum":["date","topo"],"description":"Which first"}}}}`,
		`{"name":"git__add","description":"Stage files.","inputSchema":{"type":"object","properties":{"repo":{"type":"string"},"files":{"type":"array","items":{"type":"string"}}},"required":["repo","files"]},"outputSchema":{"type":"object"},"annotations":{"readOnlyHint":false,"destructiveHint":false,"idempotentHint":true}}`,
	},
	"echo": {
		`{"name":"echo__echo","description":"Say it again","inputSchema":{"type":"object","properties":{"text":{"type":"string"},"n":{"type":"number"},"on":{"type":"boolean"},"ids":{"type":"array","items":{"type":"integer"}},"any":{}}}}`,
		`{"name":"echo__hold","description":"Never answers","inputSchema":{"type":"object"}}`,
		`{"name":"echo__media","description":"Answers with all kinds of content","inputSchema":{"type":"object"}}`,
		`{"name":"echo__fail","description":"Fails","inputSchema":{"type":"object"}}`,
		`{"name":"echo__data","description":"Answers with structured content only","inputSchema":{"type":"object"}}`,
	},
}

func (d *fakeLoomd) call(params json.RawMessage) ([]byte, error) {
	var call loomrpc.Call
	if err := json.Unmarshal(params, &call); err != nil {
		return nil, err
	}
	var p struct {
		Name      string
		Arguments json.RawMessage
	}
	if err := json.Unmarshal(call.Params, &p); err != nil || p.Name != call.Tool || call.Server != "" {
		return nil, fmt.Errorf("malformed call %s", params)
	}
	quoted, _ := json.Marshal(string(p.Arguments))
	switch p.Name {
	case "echo__echo", "git__log", "git__add":
		return fmt.Appendf(nil, `{"content":[{"type":"text","text":%s}],"_meta":{"big":12345678901234567890}}`, quoted), nil
	case "git__get_status":
		return []byte(`{"content":[{"type":"text","text":"on branch main\nnothing to commit\n"}]}`), nil
	case "echo__media":
		return []byte(`{"content":[{"type":"image","mimeType":"image/png","data":"aGVsbG8="},{"type":"text","text":"a text"},` +
			`{"type":"resource","resource":{"uri":"file:///a.txt","mimeType":"text/plain","text":"12345"}},` +
			`{"type":"resource_link","uri":"file:///b.txt","name":"b","size":2048}]}`), nil
	case "echo__fail":
		return []byte(`{"isError":true,"content":[{"type":"text","text":"no such thing"}]}`), nil
	case "echo__data":
		return []byte(`{"content":[],"structuredContent":{"b":1,"a":12345678901234567890}}`), nil
	case "echo__hold":
		d.signal("hold")
		return nil, errHold
	}
	return nil, loomrpc.Errorf(loomrpc.CodeUnknown, loomrpc.ErrorData{}, "there is no tool %q", p.Name)
}

// endFake stops the fake that serves socket.
func endFake(socket string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := localsock.Dial(ctx, socket)
	if err != nil {
		return
	}
	client := loomrpc.NewClient(conn)
	defer client.Close()
	client.Call(ctx, loomrpc.MethodStop, nil, nil)
}

func layersOf(r *registry.Registry) (layers []loomrpc.Layer) {
	for _, f := range r.Files {
		layers = append(layers, loomrpc.Layer{Name: string(f.Layer), Path: f.Path})
	}
	return layers
}
