package jsonrpc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Codes of JSON-RPC 2.0, section 5.1. Loom's own are in core/loomrpc.
const (
	CodeParse          = -32700
	CodeInvalidRequest = -32600
	CodeMethodNotFound = -32601
	CodeInvalidParams  = -32602
	CodeInternal       = -32603
)

// Error is the error member of a response.
type Error struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

func (e *Error) Error() string { return e.Message }

// Errorf makes an Error without data.
func Errorf(code int, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Null is the id of an answer to a message whose id could not be read.
var Null = []byte("null")

// NewRequest makes a request. id is raw JSON; params may be nil.
func NewRequest(id []byte, method string, params []byte) []byte {
	return appendCall(make([]byte, 0, 64+len(id)+len(method)+len(params)), id, method, params)
}

// NewNotification makes a notification. params may be nil.
func NewNotification(method string, params []byte) []byte {
	return appendCall(make([]byte, 0, 48+len(method)+len(params)), nil, method, params)
}

func appendCall(b, id []byte, method string, params []byte) []byte {
	b = append(b, `{"jsonrpc":"2.0"`...)
	if id != nil {
		b = append(append(b, `,"id":`...), id...)
	}
	b = append(append(b, `,"method":`...), Quote(method)...)
	if params != nil {
		b = append(append(b, `,"params":`...), params...)
	}
	return append(b, '}')
}

// NewResult makes a response with a result, raw JSON.
func NewResult(id, result []byte) []byte {
	b := make([]byte, 0, 40+len(id)+len(result))
	b = append(append(b, `{"jsonrpc":"2.0","id":`...), id...)
	b = append(append(b, `,"result":`...), result...)
	return append(b, '}')
}

// NewError makes a response with an error. A nil id becomes null.
func NewError(id []byte, e *Error) []byte {
	if id == nil {
		id = Null
	}
	raw, err := json.Marshal(e)
	if err != nil { // Data is not JSON: a bug of ours that must not cost the answer
		raw, _ = json.Marshal(&Error{Code: e.Code, Message: e.Message})
	}
	b := make([]byte, 0, 40+len(id)+len(raw))
	b = append(append(b, `{"jsonrpc":"2.0","id":`...), id...)
	b = append(append(b, `,"error":`...), raw...)
	return append(b, '}')
}

// Marshal is [json.Marshal] without escapes for HTML: they would also change the
// raw JSON of others inside v, which is to stay as it was written.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Quote is text as a JSON string. Names and ids of ours need no escape, which
// is the quick way; the rest is left to encoding/json.
func Quote(text string) []byte { return AppendQuote(make([]byte, 0, len(text)+2), text) }

// AppendQuote appends what [Quote] gives.
func AppendQuote(b []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			raw, _ := json.Marshal(text)
			return append(b, raw...)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

// ID is a number as a raw id.
func ID(n int64) []byte { return strconv.AppendInt(nil, n, 10) }
