package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// codeHeaderMismatch is a request whose headers are not those that its tool
// wants (2026-07-28, "Server Validation").
const codeHeaderMismatch = -32020

// annotation is the member of a parameter's schema that wants it mirrored into
// a header (2026-07-28, "Custom Headers from Tool Parameters").
const annotation = "x-mcp-header"

// params knows which arguments of which tools are mirrored. It learns it from
// the lists of tools that pass by.
type params struct {
	mu    sync.Mutex
	tools map[string][]binding
}

// binding is one mirrored argument.
type binding struct {
	header string
	path   []string // below arguments
}

// mirror sets the headers of a call.
func (p *params) mirror(h http.Header, frame []byte, m jsonrpc.Message) {
	name, _ := nameOf(frame, m, mcp.ToolsCall)
	p.mu.Lock()
	bindings := p.tools[name]
	p.mu.Unlock()
	for _, b := range bindings {
		span, ok := jsonrpc.Find(frame, m.Params, append([]string{"arguments"}, b.path...)...)
		if text, isPlain := primitive(span.Of(frame)); ok && isPlain {
			h.Set(b.header, headerValue(text))
		}
	}
}

// primitive is a value as text: a string, a boolean, or a whole number that
// every reader takes for the same. null and all else have no text.
func primitive(raw []byte) (string, bool) {
	if text, ok := jsonrpc.Text(raw); ok {
		return text, true
	}
	switch s := string(raw); s {
	case "true", "false":
		return s, true
	default:
		const safe = 1<<53 - 1
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f < -safe || f > safe || f != float64(int64(f)) {
			return "", false
		}
		return strconv.FormatInt(int64(f), 10), true
	}
}

// learn reads a list of tools, and takes those out whose annotations break the
// rules: "the client MUST exclude the invalid tool from the result".
func (b *bridge) learn(frame []byte, m jsonrpc.Message) []byte {
	if !strings.Contains(string(frame), annotation) {
		return frame
	}
	list, _ := jsonrpc.Find(frame, m.Result, "tools")
	var kept [][]byte
	all := true
	jsonrpc.Elements(frame, list, func(tool jsonrpc.Span) bool {
		name, bindings, err := bindingsOf(tool.Of(frame))
		if err != nil {
			b.log("tool %s is left out: %v", name, err)
			all = false
			return true
		}
		kept = append(kept, tool.Of(frame))
		b.params.mu.Lock()
		if b.params.tools == nil {
			b.params.tools = map[string][]binding{}
		}
		b.params.tools[name] = bindings
		b.params.mu.Unlock()
		return true
	})
	if all {
		return frame
	}
	with := []byte{'['}
	for i, tool := range kept {
		if i > 0 {
			with = append(with, ',')
		}
		with = append(with, tool...)
	}
	return jsonrpc.Splice(nil, frame, jsonrpc.Edit{Span: list, With: append(with, ']')})
}

func bindingsOf(tool []byte) (name string, found []binding, err error) {
	var def struct {
		Name        string `json:"name"`
		InputSchema any    `json:"inputSchema"`
	}
	if err := json.Unmarshal(tool, &def); err != nil {
		return "", nil, nil // not for us to judge
	}
	err = annotated(def.InputSchema, nil, true, func(path []string, header string) error {
		for _, other := range found {
			if strings.EqualFold(other.header, headerParamPrefix+header) {
				return fmt.Errorf("%s %q is there twice", annotation, header)
			}
		}
		found = append(found, binding{header: headerParamPrefix + header, path: path})
		return nil
	})
	return def.Name, found, err
}

// annotated calls yield for each annotation in a schema. reachable says that
// nothing but properties led there: elsewhere there may be none.
func annotated(schema any, path []string, reachable bool, yield func(path []string, header string) error) error {
	object, ok := schema.(map[string]any)
	if !ok {
		if list, ok := schema.([]any); ok {
			for _, s := range list {
				if err := annotated(s, nil, false, yield); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if value, ok := object[annotation]; ok {
		header, isText := value.(string)
		kind, _ := object["type"].(string)
		switch {
		case !isText || !isToken(header):
			return fmt.Errorf("%s is not the name of a header", annotation)
		case !reachable || len(path) == 0:
			return fmt.Errorf("%s %q is not at a plain property", annotation, header)
		case kind != "string" && kind != "integer" && kind != "boolean":
			return fmt.Errorf("%s %q is at a parameter that is no string, integer or boolean", annotation, header)
		}
		if err := yield(path, header); err != nil {
			return err
		}
	}
	for key, value := range object {
		switch key {
		case "default", "const", "enum", "examples": // values, not schemas
		case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas":
			members, _ := value.(map[string]any)
			for name, s := range members {
				below := append(append([]string(nil), path...), name)
				if err := annotated(s, below, reachable && key == "properties", yield); err != nil {
					return err
				}
			}
		default:
			if err := annotated(value, nil, false, yield); err != nil {
				return err
			}
		}
	}
	return nil
}

// isToken reports whether name can be part of a header's name (RFC 9110, section 5.6.2).
func isToken(name string) bool {
	for _, c := range []byte(name) {
		if c <= 0x20 || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return name != ""
}

// maxPages bounds a server that never stops paging.
const maxPages = 100

// relearn reads the list of tools, after a call that the server refused for its
// headers, and reports whether there is anything to be had from a second try:
// "the client SHOULD call tools/list …, then retry". The refusal says that the
// call was not carried out.
func (b *bridge) relearn(c *call) bool {
	before := b.postHeaders(c.frame, c.msg, c.method, c.modern)
	cursor := ""
	for range maxPages {
		next, err := b.listTools(c.ctx, c.modern, cursor)
		if err != nil {
			b.log("reading the tools again, for the headers of a call: %v", err)
			return false
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	after := b.postHeaders(c.frame, c.msg, c.method, c.modern)
	return fmt.Sprint(before) != fmt.Sprint(after)
}

// listTools asks for one page of the tools and returns the cursor of the next.
func (b *bridge) listTools(ctx context.Context, version, cursor string) (string, error) {
	own := `{"_meta":{"` + mcp.MetaProtocolVersion + `":` + string(jsonrpc.Quote(version)) + `,"` + mcp.MetaClientCapabilities + `":{}}`
	if cursor != "" {
		own += `,"cursor":` + string(jsonrpc.Quote(cursor))
	}
	frame := jsonrpc.NewRequest([]byte(`"loom-tools"`), mcp.ToolsList, []byte(own+"}"))
	m, err := jsonrpc.Scan(frame)
	if err != nil {
		return "", err
	}
	list := b.newCall(ctx, frame, m, mcp.ToolsList)
	defer list.cancel()
	err = errors.New("no answer")
	list.emit = func(answer []byte) {
		m, scanErr := jsonrpc.Scan(answer)
		if scanErr != nil || m.Kind() != jsonrpc.Response {
			return
		}
		err = nil
		if m.Error.Present() {
			err = fmt.Errorf("it answered %s", m.Error.Of(answer))
			return
		}
		span, _ := jsonrpc.Find(answer, m.Result, "nextCursor")
		cursor, _ = jsonrpc.Text(span.Of(answer))
	}
	cursor = ""
	b.send(list)
	return cursor, err
}

// codeOf is the code of the JSON-RPC error in text, 0 if there is none.
func codeOf(text []byte) int64 {
	m, err := jsonrpc.Scan(text)
	if err != nil {
		return 0
	}
	span, _ := jsonrpc.Find(text, m.Error, "code")
	code, _ := jsonrpc.Int(span.Of(text))
	return code
}
