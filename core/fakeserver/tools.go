package fakeserver

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// Tools are the names of the tools that misbehave, in the order of the list.
var Tools = []string{"echo", "pid", "cwd", "env", "sleep", "crash", "hang", "noise", "big", "half", "error", "grow"}

// Definition is a tool as the server lists it: with members and numbers that a
// decoding hub loses.
func Definition(name string) string {
	execution := ""
	if name == "job" {
		execution = `"execution":{"taskSupport":"optional","x-unknown":0.10},`
	}
	return `{"name":` + strconv.Quote(name) + `,"description":"<` + name + `> & \u00e9 𝄞",` + execution + `"inputSchema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","oneOf":[{"required":[]}],"x-vendor":{"big":9007199254740993}},"annotations":{"readOnlyHint":true,"x-unknown":1e400},"x-tool": [ 1 , 2 ]}`
}

// plainDefinition is one without what clients stumble over: Copilot CLI hears
// nothing of a message with a number like 1e400, and Claude Code has no use for a
// schema with oneOf.
func plainDefinition(name string) string {
	return `{"name":` + strconv.Quote(name) + `,"description":` + strconv.Quote(name) + `,"inputSchema":{"type":"object"}}`
}

// tools are the definitions of all that there are now.
func (s *server) tools() (definitions []string) {
	names := append([]string{}, Tools...)
	if s.o.Surface {
		names = append(names, SurfaceTools...)
	}
	s.mu.Lock()
	for i := range s.o.Extra {
		names = append(names, fmt.Sprintf("extra-%d", i))
	}
	s.mu.Unlock()
	define := Definition
	if s.o.Plain {
		define = plainDefinition
	}
	for _, n := range names {
		definitions = append(definitions, define(n))
	}
	return definitions
}

// call runs one tool. Numbers and texts come as arguments: ms, n, bytes, name.
func (s *server) call(r *request) {
	s.wildProgress()
	name, raw := r.text("name"), r.param("arguments")
	var args struct {
		MS, N, Bytes int
		Name         string
	}
	json.Unmarshal(raw, &args) // what does not fit stays zero
	text := func(t string) { s.result(r, textResult(t)) }
	switch name {
	case "echo":
		if raw == nil {
			raw = []byte("null")
		}
		if s.o.Plain {
			text(string(raw))
			return
		}
		result := s.dress([]byte(`{"content":[{"type":"text","text":"echo","x-unknown":{"n":9007199254740993}}],"structuredContent":`+string(raw)+`,"_meta":{"a<>&":0.10}}`), false)
		s.answer([]byte(`{"x-first":1,"result":` + string(result) + `,"jsonrpc":"2.0","id":` + string(r.id) + `}`))
	case "pid":
		text(strconv.Itoa(os.Getpid()))
	case "cwd":
		dir, _ := os.Getwd()
		text(dir)
	case "env":
		value, ok := os.LookupEnv(args.Name)
		text(fmt.Sprintf("%s %v", value, ok))
	case "sleep":
		s.sleep(r, args.MS, args.N)
	case "crash":
		fmt.Fprintln(os.Stderr, "about to crash\nlast words")
		os.Exit(max(args.N, 7))
	case "hang":
		s.hang(r, args.Name)
	case "noise":
		s.write([]byte("this is a log line on stdout"))
		s.write([]byte(`{"level":"info","msg":"so is this"}`))
		text("after the noise")
	case "big":
		text(strings.Repeat("x", args.Bytes))
	case "half":
		s.writing.Lock()
		s.out.WriteString(`{"jsonrpc":"2.0","id":` + string(r.id) + `,"result":{"cont`)
		s.out.Flush()
		os.Exit(9)
	case "error":
		s.answer([]byte(`{"jsonrpc":"2.0","id":` + string(r.id) + `,"error":{"code":-4711,"message":"the server's own <error>","data":{"big":9007199254740993}}}`))
	case "grow":
		s.mu.Lock()
		s.o.Extra++
		s.mu.Unlock()
		s.changed("tools")
		text("grown")
	default:
		switch {
		case strings.HasPrefix(name, "extra-"):
			text(name)
		case s.o.Surface && s.callSurface(r, name, raw):
		default:
			s.fail(r, jsonrpc.CodeInvalidParams, "no tool %s", name)
		}
	}
}

func (s *server) sleep(r *request, ms, steps int) {
	token := r.param("_meta", "progressToken")
	steps = max(steps, 1)
	for i := range steps {
		select {
		case <-time.After(time.Duration(ms) * time.Millisecond / time.Duration(steps)):
		case <-r.ctx.Done():
			fmt.Fprintf(os.Stderr, "cancelled %s\n", r.id)
			return
		}
		if token != nil {
			s.notify(mcp.Progress, `{"progressToken":`+string(token)+`,"progress":`+strconv.Itoa(i+1)+`,"total":`+strconv.Itoa(steps)+`}`)
		}
	}
	s.result(r, textResult("slept"))
}

// hang answers when there is a file of that name, and without a name never.
func (s *server) hang(r *request, file string) {
	for {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-r.ctx.Done():
			return
		}
		if _, err := os.Stat(file); err == nil {
			s.result(r, textResult("hung"))
			return
		}
	}
}

func textResult(text string) []byte {
	raw, _ := json.Marshal(text) // a text never fails
	return []byte(`{"content":[{"type":"text","text":` + string(raw) + `}]}`)
}

// quote is text as a JSON string without escapes for HTML.
func quote(text string) string {
	raw, _ := jsonrpc.Marshal(text) // a text never fails
	return string(raw)
}
