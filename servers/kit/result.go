package kit

import (
	"strings"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
)

// Result is the answer of a tool. Make it with [Record], [Records] or [Payload].
type Result struct {
	class     class
	head      any // of records; metadata of a payload
	rows      func(*gate) ([]any, error)
	page      *Pagination
	offset    int
	body      string
	tail      bool
	untrusted bool
	narrow    string
}

type class uint8

const (
	classRecord class = iota
	classRecords
	classPayload
)

// Record is one object, of class R: structured content, and the same as
// key: value lines. v is a struct; its lists of structs become tables.
func Record(v any) *Result { return &Result{class: classRecord, head: v} }

// Records is a page of a list, of class R. head is a struct with what is said
// of the whole list, or nil; the list itself goes under [Def].ListName.
func Records[T any](head any, page Page[T]) *Result {
	pagination := page.Pagination
	return &Result{
		class:  classRecords,
		head:   head,
		page:   &pagination,
		offset: page.offset,
		rows: func(g *gate) ([]any, error) {
			v, err := treeOf(page.Items, g)
			if err != nil {
				return nil, err
			}
			rows, _ := v.([]any) // nil for a nil slice
			return rows, nil
		},
	}
}

// Payload is text of class P: meta, a struct or nil, as one JSON line, then
// body as it is. A body over the cap is cut at a line; the rest is reached
// with the cursor that the kit adds to every tool of this class.
func Payload(meta any, body string) *Result {
	return &Result{class: classPayload, head: meta, body: body}
}

// KeepEnd makes a payload that is cut keep its end: a log's news is there.
func (r *Result) KeepEnd() *Result { r.tail = true; return r }

// Untrusted marks an answer whose text others wrote.
func (r *Result) Untrusted() *Result { r.untrusted = true; return r }

// Narrow says how to ask for less, in the notice of an answer that was cut:
// "narrow with path or since".
func (r *Result) Narrow(how string) *Result { r.narrow = how; return r }

// Pin adds an argument to next_args, to hold still what would move between
// two calls, such as the time that "now" was.
func (r *Result) Pin(name string, v any) *Result {
	if r.page != nil {
		r.page.addNext(name, v)
	}
	return r
}

// outputMode is which of the two halves of class R a client gets.
type outputMode string

const (
	outputBoth       outputMode = "both"
	outputText       outputMode = "text"
	outputStructured outputMode = "structured"
)

func (m outputMode) valid() bool {
	return m == outputBoth || m == outputText || m == outputStructured
}

// outputFor lets a request choose: one process serves clients that read the
// text and clients that read the structured content.
func outputFor(req mcp.CallToolRequest, otherwise outputMode) outputMode {
	if req.Params.Meta != nil {
		if text, ok := req.Params.Meta.AdditionalFields["io.loom/output"].(string); ok && outputMode(text).valid() {
			return outputMode(text)
		}
	}
	return otherwise
}

func (r *Result) render(def Def, c common, mode outputMode, g *gate) (*mcp.CallToolResult, error) {
	if (r.class == classPayload) != def.payload() {
		return nil, Errorf(Internal, "%s answered with the wrong class of result", def.Name)
	}
	var out *mcp.CallToolResult
	var err error
	if r.class == classPayload {
		out, err = r.renderPayload(c, g)
	} else {
		out, err = r.renderRecords(def, c, mode, g)
	}
	if err == nil && r.untrusted {
		out.Meta = &mcp.Meta{AdditionalFields: map[string]any{"loom/untrusted": true}}
	}
	return out, err
}

// noticeRoom is kept free for the metadata and the notice of a cut payload.
const noticeRoom = 512

func (r *Result) renderPayload(c common, g *gate) (*mcp.CallToolResult, error) {
	meta, err := treeOf(r.head, g)
	if err != nil {
		return nil, err
	}
	members, _ := meta.(object)
	body := g.text(r.body)
	members = g.report(members)
	room := c.maxBytes - len(encode(members)) - noticeRoom
	if room < minMaxBytes/8 {
		return nil, Errorf(TooLarge, "the metadata alone fills %d bytes", c.maxBytes).WithHint("set max_bytes higher; %s", r.howToNarrow())
	}
	start, end := 0, len(body)
	if r.tail {
		if c.resumed {
			end = min(c.offset, len(body))
		}
		start = cutBefore(body[:end], end-room)
	} else {
		start = min(c.offset, len(body))
		end = start + cutAfter(body[start:], room)
	}
	for start > 0 && start < len(body) && !utf8.RuneStart(body[start]) {
		start-- // a cursor made by hand
	}
	part := body[start:end]
	if start == 0 && end == len(body) {
		if members == nil {
			members = object{}
		}
		return payloadResult(members, part), nil
	}
	next := -1
	if r.tail && start > 0 {
		next = start
	} else if !r.tail && end < len(body) {
		next = end
	}
	members = append(members,
		member{"truncated", next >= 0},
		member{"shown_bytes", []any{start, end}},
		member{"total_bytes", len(body)})
	if next >= 0 {
		more := r.howToNarrow()
		if !c.attached {
			text := encodeOffset(c.key, next)
			members = append(members, member{"next_cursor", text}, member{"next_args", object{{"cursor", text}}})
			more = "call again with cursor=" + text + ", or " + more
		}
		part = r.notice(part, more, start, end, len(body))
	}
	return payloadResult(members, part), nil
}

// notice says inside the text that it was cut: a reader that sees only the
// text must not take it for the whole.
func (r *Result) notice(part, more string, start, end, total int) string {
	where := "cut here, more follows"
	if r.tail {
		where = "cut here, more comes before"
	}
	line := "[" + where + ": bytes " + encode(start) + " to " + encode(end) + " of " + encode(total) + "; " + more + "]"
	if r.tail {
		return line + "\n" + part
	}
	if part != "" && !strings.HasSuffix(part, "\n") {
		part += "\n"
	}
	return part + line + "\n"
}

func (r *Result) howToNarrow() string {
	if r.narrow != "" {
		return shorten(r.narrow, 200)
	}
	return "ask for less"
}

func payloadResult(meta object, body string) *mcp.CallToolResult {
	content := []mcp.Content{mcp.NewTextContent(encode(meta))}
	if body != "" {
		content = append(content, mcp.NewTextContent(body))
	}
	return &mcp.CallToolResult{Content: content}
}

// cutAfter is the length of the longest start of s of at most n bytes that ends
// after a line, or after a rune when the first line is longer than n.
func cutAfter(s string, n int) int {
	if len(s) <= n {
		return len(s)
	}
	if i := strings.LastIndexByte(s[:n], '\n'); i >= 0 {
		return i + 1
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// cutBefore is where the longest end of s begins that starts at least at from
// and at the start of a line, or of a rune when the last line is longer.
func cutBefore(s string, from int) int {
	if from <= 0 {
		return 0
	}
	if i := strings.IndexByte(s[from-1:], '\n'); i >= 0 && from+i < len(s) {
		return from + i
	}
	for from < len(s) && !utf8.RuneStart(s[from]) {
		from++
	}
	return from
}
