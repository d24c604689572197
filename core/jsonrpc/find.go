package jsonrpc

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Find returns the span of the member that path leads to, inside the object
// that starts at within.Start. frame must have passed [Scan]: this looks at no
// more than it has to. Where a name occurs twice the last one counts, as with
// encoding/json.
func Find(frame []byte, within Span, path ...string) (Span, bool) {
	for _, name := range path {
		next, ok := findMember(frame, within, name)
		if !ok {
			return Span{}, false
		}
		within = next
	}
	return within, true
}

func findMember(frame []byte, within Span, name string) (Span, bool) {
	if !within.Present() || frame[within.Start] != '{' {
		return Span{}, false
	}
	var found Span
	s := scanner{data: frame[:within.End], pos: within.Start, trusted: true}
	err := s.object(func(key, value Span) bool {
		if keyIs(key.Of(frame), name) {
			found = value
		}
		return true
	})
	return found, err == nil && found.Present()
}

// Members calls yield for each member of the object at within, in order, until
// yield returns false. It does nothing when there is no object. As with [Find],
// frame must have passed [Scan].
func Members(frame []byte, within Span, yield func(name string, value Span) bool) {
	if !within.Present() || frame[within.Start] != '{' {
		return
	}
	s := scanner{data: frame[:within.End], pos: within.Start, trusted: true}
	_ = s.object(func(key, value Span) bool {
		return yield(keyText(key.Of(frame)), value)
	})
}

// Elements calls yield for each element of the array at within, in order,
// until yield returns false. It does nothing when there is no array. As with
// [Find], frame must have passed [Scan].
func Elements(frame []byte, within Span, yield func(value Span) bool) {
	if !within.Present() || frame[within.Start] != '[' {
		return
	}
	s := scanner{data: frame[:within.End], pos: within.Start + 1, trusted: true}
	for {
		s.space()
		if s.pos >= len(s.data) || s.data[s.pos] == ']' {
			return
		}
		v := Span{Start: s.pos}
		if s.skip() != nil {
			return
		}
		v.End = s.pos
		if !yield(v) {
			return
		}
		s.space()
		if s.pos < len(s.data) && s.data[s.pos] == ',' {
			s.pos++
		}
	}
}

// keyIs reports whether a quoted name is that one, without a copy of it.
func keyIs(quoted []byte, name string) bool {
	if bytes.IndexByte(quoted, '\\') >= 0 {
		return keyText(quoted) == name
	}
	return string(quoted[1:len(quoted)-1]) == name
}

// keyText is the text of a quoted name. Escapes in names are legal and rare.
func keyText(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if name, ok := common(inner); ok {
		return name
	}
	if bytes.IndexByte(inner, '\\') >= 0 {
		text, _ := Text(quoted)
		return text
	}
	return string(inner)
}

// common knows the names that nearly every message has, without a copy of them.
func common(name []byte) (string, bool) {
	switch string(name) {
	case "jsonrpc":
		return "jsonrpc", true
	case "id":
		return "id", true
	case "method":
		return "method", true
	case "params":
		return "params", true
	case "result":
		return "result", true
	case "error":
		return "error", true
	case "name":
		return "name", true
	case "arguments":
		return "arguments", true
	case "_meta":
		return "_meta", true
	case "content":
		return "content", true
	case "structuredContent":
		return "structuredContent", true
	case "isError":
		return "isError", true
	case "resultType":
		return "resultType", true
	case "type":
		return "type", true
	case "text":
		return "text", true
	case "server": // the rest is loom/call's
		return "server", true
	case "tool":
		return "tool", true
	}
	return "", false
}

// Text decodes a JSON string. ok is false when raw is another kind of value.
func Text(raw []byte) (text string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(raw, '\\') >= 0 {
		return unescape(raw)
	}
	return string(raw[1 : len(raw)-1]), true
}

// unescape is a function of its own because text lies in the heap here.
func unescape(raw []byte) (text string, ok bool) {
	err := json.Unmarshal(raw, &text)
	return text, err == nil
}

// Int decodes a JSON number that is a whole number.
func Int(raw []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return n, err == nil
}
