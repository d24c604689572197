package owntool

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
)

// Limits of a search.
const (
	DefaultLimit = 8
	MaxLimit     = 50
)

// ReadArguments are those of read_result.
type ReadArguments struct {
	ID     string
	Offset int64
}

// SearchArguments are those of search_tools. Query or Server may be empty, not both.
type SearchArguments struct {
	Query  string
	Limit  int
	Server string
}

// CallArguments are those of call_read_tool and call_tool.
type CallArguments struct {
	Name      string          // as clients see it
	Arguments json.RawMessage // an object, byte by byte as the client wrote it; {} if it gave none
}

// ArgumentError is a call that a model should make again in another way. It is
// meant for [ErrorResult], not for a JSON-RPC error, which models do not see.
type ArgumentError struct{ Message string }

func (e *ArgumentError) Error() string { return e.Message }

// DecodeRead reads the arguments of a call of read_result. raw is the member
// "arguments" of the call, nil if there is none, in a frame that passed
// [jsonrpc.Scan]; this holds for all Decode functions. The error is an
// [*ArgumentError].
func DecodeRead(raw []byte) (ReadArguments, error) {
	var a ReadArguments
	d := decoder{tool: "read_result", names: "id, offset"}
	d.each(raw, func(name string, value []byte) {
		switch name {
		case "id":
			a.ID = d.text(name, value)
		case "offset":
			a.Offset = d.number(name, value, 0, 1<<53)
		default:
			d.unknown(name)
		}
	})
	if a.ID == "" {
		d.fail("id is missing: it is in the notice at the end of a result that was cut")
	}
	return a, d.result()
}

// DecodeSearch reads the arguments of a call of search_tools.
func DecodeSearch(raw []byte) (SearchArguments, error) {
	a := SearchArguments{Limit: DefaultLimit}
	d := decoder{tool: "search_tools", names: "query, limit, server"}
	d.each(raw, func(name string, value []byte) {
		switch name {
		case "query":
			a.Query = strings.TrimSpace(d.text(name, value))
		case "limit":
			a.Limit = int(d.number(name, value, 1, MaxLimit))
		case "server":
			a.Server = strings.TrimSpace(d.text(name, value))
		default:
			d.unknown(name)
		}
	})
	if a.Query == "" && a.Server == "" {
		d.fail(`query is missing: a few words that say what the tool should do, such as {"query":"list merge requests"}`)
	}
	return a, d.result()
}

// DecodeCall reads the arguments of a call of tool, which is call_read_tool or call_tool.
func DecodeCall(tool string, raw []byte) (CallArguments, error) {
	a := CallArguments{Arguments: json.RawMessage("{}")}
	d := decoder{tool: tool, names: "name, arguments"}
	d.each(raw, func(name string, value []byte) {
		switch name {
		case "name":
			a.Name = d.text(name, value)
		case "arguments":
			if value[0] != '{' {
				d.fail("arguments must be an object with the arguments of the tool that is called, not " + kind(value))
				return
			}
			a.Arguments = value
		default:
			d.unknown(name)
		}
	})
	if a.Name == "" {
		d.fail("name is missing: the name of a tool that loom__search_tools found")
	}
	return a, d.result()
}

// decoder collects the first thing that is wrong with some arguments.
type decoder struct {
	tool, names string
	err         *ArgumentError
}

// each calls yield for each member of raw that is not null: for an argument
// that may be left out, null is the same.
func (d *decoder) each(raw []byte, yield func(name string, value []byte)) {
	raw = trim(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return
	}
	if raw[0] != '{' {
		d.fail("arguments must be an object, not " + kind(raw))
		return
	}
	jsonrpc.Members(raw, jsonrpc.Span{End: len(raw)}, func(name string, value jsonrpc.Span) bool {
		if v := value.Of(raw); string(v) != "null" {
			yield(name, v)
		}
		return true
	})
}

func (d *decoder) fail(message string) {
	if d.err == nil {
		d.err = &ArgumentError{"loom__" + d.tool + ": " + message}
	}
}

func (d *decoder) unknown(name string) {
	d.fail(fmt.Sprintf("unknown argument %q; it takes %s", name, d.names))
}

func (d *decoder) text(name string, value []byte) string {
	s, ok := jsonrpc.Text(value)
	if !ok {
		d.fail(name + " must be a string, not " + kind(value))
	}
	return s
}

// number takes whole numbers, also those that models put in quotes or write
// with a fraction of zero.
func (d *decoder) number(name string, value []byte, least, most int64) int64 {
	s := string(value)
	if quoted, ok := jsonrpc.Text(value); ok {
		s = quoted
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f, ferr := strconv.ParseFloat(s, 64)
		if n = int64(f); ferr != nil || float64(n) != f {
			d.fail(fmt.Sprintf("%s must be a whole number, not %s", name, clip(string(value), 40)))
			return least
		}
	}
	if n < least || n > most {
		if most >= 1<<53 {
			d.fail(fmt.Sprintf("%s must be at least %d, not %d", name, least, n))
		} else {
			d.fail(fmt.Sprintf("%s must be from %d to %d, not %d", name, least, most, n))
		}
	}
	return n
}

func (d *decoder) result() error {
	if d.err == nil {
		return nil // not a *ArgumentError that is nil
	}
	return d.err
}

// kind names the kind of a JSON value.
func kind(value []byte) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}
