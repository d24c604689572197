package results

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/loom-core/loom/core/jsonrpc"
)

// text is one text of a result.
type text struct {
	jsonrpc.Span              // of the quoted string
	item         jsonrpc.Span // of the element of content (contents) that it is in
	before       int          // where the element before that ends, 0 if it is the first
	resource     bool         // it belongs to a resource, whose URI is in the item too
}

// inner is the string without its quotes.
func (t text) inner(frame []byte) []byte { return frame[t.Start+1 : t.End-1] }

// eachText calls yield for the texts of a result, in order: of content items of
// type text and of embedded resources (2025-11-25, "Tool Result"), or of the
// contents of a resource.
func eachText(frame []byte, result jsonrpc.Span, of Kind, yield func(text)) {
	list := "content"
	if of == ResourceContents {
		list = "contents"
	}
	before := 0
	items, _ := jsonrpc.Find(frame, result, list)
	jsonrpc.Elements(frame, items, func(item jsonrpc.Span) bool {
		value, isResource := jsonrpc.Span{}, of == ResourceContents
		switch kind, _ := jsonrpc.Find(frame, item, "type"); {
		case isResource, string(kind.Of(frame)) == `"text"`:
			value, _ = jsonrpc.Find(frame, item, "text")
		default:
			isResource = true
			value, _ = jsonrpc.Find(frame, item, "resource", "text")
		}
		if value.Present() && frame[value.Start] == '"' {
			yield(text{Span: value, item: item, before: before, resource: isResource})
		}
		before = item.End
		return true
	})
}

// read returns what is read of a result in that view.
func read(result []byte, of Kind, v View) []byte {
	var b bytes.Buffer
	if v == Text {
		n := 0
		eachText(result, whole(result), of, func(t text) {
			if n++; n > 1 {
				b.WriteByte('\n')
			}
			s, _ := jsonrpc.Text(t.Of(result))
			b.WriteString(s)
		})
		return b.Bytes()
	}
	if json.Compact(&b, result) != nil {
		return result // cannot happen: it passed jsonrpc.Scan
	}
	return b.Bytes()
}

// measure returns the size of what is read, and in which view that is: a
// result without any text has the JSON alone.
func measure(result []byte, of Kind, v View) (int64, View) {
	if v == Text {
		size := int64(-1) // there is no separator before the first
		eachText(result, whole(result), of, func(t text) { size += 1 + decodedSize(t.inner(result)) })
		if size >= 0 {
			return size, Text
		}
	}
	return int64(len(read(result, of, JSON))), JSON
}

// whole is the span of the value that raw holds.
func whole(raw []byte) jsonrpc.Span {
	start := len(raw) - len(bytes.TrimLeft(raw, " \t\r\n"))
	return jsonrpc.Span{Start: start, End: len(raw)}
}

// decodedSize is how many bytes the inside of a JSON string stands for.
func decodedSize(inner []byte) int64 {
	var n int
	for {
		i := bytes.IndexByte(inner, '\\')
		if i < 0 {
			return int64(n + len(inner))
		}
		raw, size, _ := unit(inner[i:])
		n += i + size
		inner = inner[i+raw:]
	}
}

// cut finds the place in the inside of a JSON string where at most budget
// decoded bytes lie before it: after the last line that ends within the last
// slack bytes of the budget, else between two runes. It returns the place, the
// decoded size of what is before it, and whether that ends with a line.
func cut(inner []byte, budget, slack int64) (at int, size int64, line bool) {
	lineAt, lineSize := 0, int64(0)
	for at < len(inner) {
		raw, n, newline := unit(inner[at:])
		if size+int64(n) > budget {
			break
		}
		at += raw
		size += int64(n)
		if newline && size >= budget-slack {
			lineAt, lineSize = at, size
		}
	}
	if lineAt > 0 {
		return lineAt, lineSize, true
	}
	return at, size, false
}

// unit is what may not be taken apart: a rune, an escape, or the two escapes of
// a surrogate pair. It returns its length in JSON and as text.
func unit(inner []byte) (raw, size int, newline bool) {
	if inner[0] != '\\' {
		if inner[0] < utf8.RuneSelf {
			return 1, 1, false
		}
		_, n := utf8.DecodeRune(inner)
		return n, n, false
	}
	if inner[1] != 'u' {
		return 2, 1, inner[1] == 'n'
	}
	r := hex4(inner)
	if !utf16.IsSurrogate(r) {
		return 6, utf8.RuneLen(r), r == '\n'
	}
	if pair := utf16.DecodeRune(r, hex4(inner[6:])); pair != utf8.RuneError {
		return 12, utf8.RuneLen(pair), false
	}
	return 6, utf8.RuneLen(utf8.RuneError), false // half a pair, which decoders replace
}

// hex4 is the code unit of the escape \uXXXX that b begins with, -1 if it begins with none.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 32)
	if err != nil {
		return -1
	}
	return rune(n)
}

// page returns the end of a page of s that begins at start: at most limit bytes
// further, but at least a rune; after a line that ends in the last fifth, else
// between two runes.
func page(s []byte, start, limit int64) (end int64) {
	end = start + limit
	if end >= int64(len(s)) {
		return int64(len(s))
	}
	if i := bytes.LastIndexByte(s[end-limit/5:end], '\n'); i >= 0 {
		return end - limit/5 + int64(i) + 1
	}
	if end = runeStart(s, end); end <= start {
		_, n := utf8.DecodeRune(s[start:])
		return start + int64(n)
	}
	return end
}

// runeStart moves at back to where a rune begins.
func runeStart(s []byte, at int64) int64 {
	for at > 0 && at < int64(len(s)) && !utf8.RuneStart(s[at]) {
		at--
	}
	return at
}

// escape is the inside of s as a JSON string.
func escape(s string) []byte {
	quoted := jsonrpc.Quote(s)
	return quoted[1 : len(quoted)-1]
}
