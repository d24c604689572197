package testbed

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
)

// Frame is one message that a client received, byte by byte.
type Frame struct {
	Raw []byte
	At  time.Time
	msg jsonrpc.Message
}

// ID is the raw id, empty when there is none.
func (f Frame) ID() string { return string(f.msg.ID.Of(f.Raw)) }

// Method is the method of a request or notification.
func (f Frame) Method() string {
	text, _ := jsonrpc.Text(f.msg.Method.Of(f.Raw))
	return text
}

// Params and Result are raw.
func (f Frame) Params() string { return string(f.msg.Params.Of(f.Raw)) }

// Result is the raw result, empty in an error.
func (f Frame) Result() string { return string(f.msg.Result.Of(f.Raw)) }

// Failure is the error of a response.
type Failure struct {
	Code    int               `json:"code"`
	Message string            `json:"message"`
	Data    loomrpc.ErrorData `json:"data"`
}

// Err is the response's error, nil when it is a result. The data is read as
// Loom's own; a server's may be anything.
func (f Frame) Err() *Failure {
	if !f.msg.Error.Present() {
		return nil
	}
	e := new(Failure)
	json.Unmarshal(f.msg.Error.Of(f.Raw), e) // what does not fit stays empty
	return e
}

// IsError reports whether it is the result of a tool that failed.
func (f Frame) IsError() bool {
	span, ok := jsonrpc.Find(f.Raw, f.msg.Result, "isError")
	return ok && string(span.Of(f.Raw)) == "true"
}

// Text is the text of a tool's result, its blocks joined.
func (f Frame) Text() string {
	var result struct {
		Content []struct{ Text string }
	}
	json.Unmarshal(f.msg.Result.Of(f.Raw), &result) // no text: empty
	var b strings.Builder
	for _, block := range result.Content {
		b.WriteString(block.Text)
	}
	return b.String()
}

// Tools are the names in a result of tools/list, and the raw definitions.
func (f Frame) Tools() (names []string, raw map[string]string) {
	raw = map[string]string{}
	list, _ := jsonrpc.Find(f.Raw, f.msg.Result, "tools")
	jsonrpc.Elements(f.Raw, list, func(tool jsonrpc.Span) bool {
		span, _ := jsonrpc.Find(f.Raw, tool, "name")
		name, _ := jsonrpc.Text(span.Of(f.Raw))
		names = append(names, name)
		raw[name] = string(tool.Of(f.Raw))
		return true
	})
	return names, raw
}

// Find is a member of the params or of the result, raw, empty when there is none.
func (f Frame) Find(path ...string) string {
	within := f.msg.Result
	if f.msg.Method.Present() {
		within = f.msg.Params
	}
	span, _ := jsonrpc.Find(f.Raw, within, path...)
	return string(span.Of(f.Raw))
}

func (f Frame) String() string {
	if len(f.Raw) > 400 {
		return fmt.Sprintf("%s… (%d bytes)", f.Raw[:400], len(f.Raw))
	}
	return string(f.Raw)
}
