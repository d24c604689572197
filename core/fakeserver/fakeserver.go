// Package fakeserver is a small MCP server with bad habits, for tests of those
// who run servers. It speaks raw JSON-RPC, so that it can write what no SDK
// would. A test binary becomes one by calling [Main] when it is started again
// under a name or variable of its choice.
//
// Tools: echo gives its arguments back, byte by byte; pid, cwd and env say how
// the process was started; sleep answers late and reports progress; crash,
// hang, noise, big, half and error misbehave as their names say.
package fakeserver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// Options say which server it is. The zero value is a legacy one.
type Options struct {
	Era       string        // legacy; modern; silent (no answer to server/discover); exit (ends at it)
	StartWait time.Duration // before the handshake is answered
	Pages     int           // tools/list comes in that many pages
	Extra     int           // further tools named extra-0, extra-1, …
	Greeting  string        // a line on stdout before anything else
	Stubborn  bool          // ignores the end of stdin
	Serial    bool          // one call at a time
	Journal   string        // file to which every frame that comes is appended, as it came
}

// Main parses args and serves stdin and stdout. It returns an exit code.
func Main(args []string) int {
	var o Options
	flags := flag.NewFlagSet("fakeserver", flag.ContinueOnError)
	flags.StringVar(&o.Era, "era", "legacy", "legacy, modern, silent or exit")
	flags.DurationVar(&o.StartWait, "start-wait", 0, "before the handshake is answered")
	flags.IntVar(&o.Pages, "pages", 1, "of tools/list")
	flags.IntVar(&o.Extra, "extra", 0, "further tools")
	flags.StringVar(&o.Greeting, "greeting", "", "line on stdout at the start")
	flags.BoolVar(&o.Stubborn, "stubborn", false, "ignore the end of stdin")
	flags.BoolVar(&o.Serial, "serial", false, "one call at a time")
	flags.StringVar(&o.Journal, "journal", "", "append what comes to that file")
	fail := flags.String("fail", "", "say so on stderr and exit with status 3")
	if flags.Parse(args) != nil {
		return 2
	}
	if *fail != "" {
		fmt.Fprintln(os.Stderr, *fail)
		return 3
	}
	if err := Serve(os.Stdin, os.Stdout, o); err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stderr, "fakeserver:", err)
		return 1
	}
	if o.Stubborn {
		select {}
	}
	return 0
}

type server struct {
	o     Options
	mu    sync.Mutex
	out   *bufio.Writer
	book  io.Writer // the journal
	calls map[string]context.CancelFunc
	work  sync.WaitGroup
}

// Serve answers until in ends.
func Serve(in io.Reader, out io.Writer, o Options) error {
	s := &server{o: o, out: bufio.NewWriter(out), book: io.Discard, calls: map[string]context.CancelFunc{}}
	if o.Journal != "" {
		book, err := os.OpenFile(o.Journal, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer book.Close()
		s.book = book
	}
	if o.Greeting != "" {
		s.write([]byte(o.Greeting))
	}
	defer s.work.Wait()
	frames := jsonrpc.NewReader(in, 0)
	for {
		frame, err := frames.Next()
		if err != nil {
			s.mu.Lock()
			for _, cancel := range s.calls {
				cancel()
			}
			s.mu.Unlock()
			return err
		}
		s.book.Write(append(frame[:len(frame):len(frame)], '\n')) // in one piece: several processes may share the file
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			s.write(jsonrpc.NewError(nil, jsonrpc.Errorf(jsonrpc.CodeParse, "%v", err)))
			continue
		}
		if s.handle(frame, m) {
			return nil
		}
	}
}

func (s *server) write(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.Write(frame)
	s.out.WriteByte('\n')
	s.out.Flush()
}

func (s *server) handle(frame []byte, m jsonrpc.Message) (end bool) {
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	id := m.ID.Of(frame)
	if m.Kind() == jsonrpc.Notification {
		if method == mcp.Cancelled {
			requestID, _ := jsonrpc.Find(frame, m.Params, "requestId")
			s.mu.Lock()
			if cancel := s.calls[string(requestID.Of(frame))]; cancel != nil {
				cancel()
			}
			s.mu.Unlock()
		}
		return false
	}
	if m.Kind() != jsonrpc.Request {
		return false
	}
	if _, ok := jsonrpc.Find(frame, m.Params, "_meta", mcp.MetaProtocolVersion); s.o.Era == "modern" && !ok && method != mcp.Initialize {
		s.write(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "_meta lacks %s", mcp.MetaProtocolVersion)))
		return false
	}
	switch method {
	case mcp.Discover:
		switch s.o.Era {
		case "silent":
			return false
		case "exit":
			return true
		case "modern":
			time.Sleep(s.o.StartWait)
			s.write(jsonrpc.NewResult(id, []byte(`{"resultType":"complete","supportedVersions":["`+mcp.Modern+`"],"capabilities":{"tools":{}},"serverInfo":{"name":"fake","version":"1"},"instructions":"fake, modern","ttlMs":0,"cacheScope":"private"}`)))
			return false
		}
	case mcp.Initialize:
		if s.o.Era == "modern" {
			break
		}
		time.Sleep(s.o.StartWait)
		s.write(jsonrpc.NewResult(id, []byte(`{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"fake","version":"1"},"instructions":"fake, legacy"}`)))
		return false
	case mcp.Ping:
		s.write(jsonrpc.NewResult(id, []byte(`{}`)))
		return false
	case mcp.ToolsList:
		s.list(frame, m, id)
		return false
	case mcp.ToolsCall:
		ctx, cancel := context.WithCancel(context.Background())
		s.mu.Lock()
		s.calls[string(id)] = cancel
		s.mu.Unlock()
		if s.o.Serial {
			s.call(ctx, frame, m, id)
			return false
		}
		s.work.Go(func() { s.call(ctx, frame, m, id) })
		return false
	}
	s.write(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "no method %s", method)))
	return false
}

// Tools are the names of the tools that misbehave, in the order of the list.
var Tools = []string{"echo", "pid", "cwd", "env", "sleep", "crash", "hang", "noise", "big", "half", "error", "grow"}

// Definition is a tool as the server lists it: with members and numbers that a
// decoding hub loses.
func Definition(name string) string {
	return `{"name":` + strconv.Quote(name) + `,"description":"<` + name + `> & \u00e9 𝄞","inputSchema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","oneOf":[{"required":[]}],"x-vendor":{"big":9007199254740993}},"annotations":{"readOnlyHint":true,"x-unknown":1e400},"x-tool": [ 1 , 2 ]}`
}

func (s *server) list(frame []byte, m jsonrpc.Message, id []byte) {
	s.mu.Lock()
	names := append([]string{}, Tools...)
	for i := range s.o.Extra {
		names = append(names, fmt.Sprintf("extra-%d", i))
	}
	s.mu.Unlock()
	page := 0
	if c, ok := jsonrpc.Find(frame, m.Params, "cursor"); ok {
		text, _ := jsonrpc.Text(c.Of(frame))
		page, _ = strconv.Atoi(text)
	}
	pages := max(s.o.Pages, 1)
	from, to := len(names)*page/pages, len(names)*(page+1)/pages
	var defs []string
	for _, n := range names[from:to] {
		defs = append(defs, Definition(n))
	}
	next := ""
	if page+1 < pages {
		next = `,"nextCursor":"` + strconv.Itoa(page+1) + `"`
	}
	s.write(jsonrpc.NewResult(id, []byte(`{"tools":[`+strings.Join(defs, ",")+`]`+next+`,"x-list":true}`)))
}

// call runs one tool. Numbers and texts come as arguments: ms, n, bytes, name.
func (s *server) call(ctx context.Context, frame []byte, m jsonrpc.Message, id []byte) {
	defer func() {
		s.mu.Lock()
		delete(s.calls, string(id))
		s.mu.Unlock()
	}()
	nameSpan, _ := jsonrpc.Find(frame, m.Params, "name")
	name, _ := jsonrpc.Text(nameSpan.Of(frame))
	argSpan, _ := jsonrpc.Find(frame, m.Params, "arguments")
	var args struct {
		MS, N, Bytes int
		Name         string
	}
	json.Unmarshal(argSpan.Of(frame), &args)
	text := func(t string) { s.write(jsonrpc.NewResult(id, textResult(t))) }
	switch name {
	case "echo":
		raw := argSpan.Of(frame)
		if raw == nil {
			raw = []byte("null")
		}
		s.write([]byte(`{"x-first":1,"result":{"content":[{"type":"text","text":"echo","x-unknown":{"n":9007199254740993}}],"structuredContent":` + string(raw) + `,"_meta":{"a<>&":0.10}},"jsonrpc":"2.0","id":` + string(id) + `}`))
	case "pid":
		text(strconv.Itoa(os.Getpid()))
	case "cwd":
		dir, _ := os.Getwd()
		text(dir)
	case "env":
		value, ok := os.LookupEnv(args.Name)
		text(fmt.Sprintf("%s %v", value, ok))
	case "sleep":
		s.sleep(ctx, frame, m, id, args.MS, args.N)
	case "crash":
		fmt.Fprintln(os.Stderr, "about to crash\nlast words")
		os.Exit(max(args.N, 7))
	case "hang":
		<-ctx.Done()
	case "noise":
		s.write([]byte("this is a log line on stdout"))
		s.write([]byte(`{"level":"info","msg":"so is this"}`))
		text("after the noise")
	case "big":
		text(strings.Repeat("x", args.Bytes))
	case "half":
		s.mu.Lock()
		s.out.WriteString(`{"jsonrpc":"2.0","id":` + string(id) + `,"result":{"cont`)
		s.out.Flush()
		os.Exit(9)
	case "error":
		s.write([]byte(`{"jsonrpc":"2.0","id":` + string(id) + `,"error":{"code":-4711,"message":"the server's own <error>","data":{"big":9007199254740993}}}`))
	case "grow":
		s.mu.Lock()
		s.o.Extra++
		s.mu.Unlock()
		s.write(jsonrpc.NewNotification(mcp.ToolsListChanged, nil))
		text("grown")
	default:
		if strings.HasPrefix(name, "extra-") {
			text(name)
			return
		}
		s.write(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "no tool %s", name)))
	}
}

func (s *server) sleep(ctx context.Context, frame []byte, m jsonrpc.Message, id []byte, ms, steps int) {
	token, hasToken := jsonrpc.Find(frame, m.Params, "_meta", "progressToken")
	steps = max(steps, 1)
	for i := range steps {
		select {
		case <-time.After(time.Duration(ms) * time.Millisecond / time.Duration(steps)):
		case <-ctx.Done():
			fmt.Fprintf(os.Stderr, "cancelled %s\n", id)
			return
		}
		if hasToken {
			s.write(jsonrpc.NewNotification(mcp.Progress, []byte(`{"progressToken":`+string(token.Of(frame))+`,"progress":`+strconv.Itoa(i+1)+`,"total":`+strconv.Itoa(steps)+`}`)))
		}
	}
	s.write(jsonrpc.NewResult(id, textResult("slept")))
}

func textResult(text string) []byte {
	raw, _ := json.Marshal(text)
	return []byte(`{"content":[{"type":"text","text":` + string(raw) + `}]}`)
}
