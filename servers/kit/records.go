package kit

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
)

// truncation says what a byte cap took from a page.
type truncation struct {
	Reason    string `json:"reason"` // byte_cap
	Returned  int    `json:"returned"`
	Dropped   int    `json:"dropped"`             // records of this page that were left out
	Shortened int    `json:"shortened,omitempty"` // records with texts that were cut
	Hint      string `json:"hint"`
}

// renderRecords makes both halves of an answer of class R from one tree, so
// that they say the same. Each half stays under the cap.
func (r *Result) renderRecords(def Def, c common, mode outputMode, g *gate) (*mcp.CallToolResult, error) {
	tree, err := treeOf(r.head, g)
	if err != nil {
		return nil, err
	}
	head, _ := tree.(object)
	if r.class == classRecord {
		head = g.report(head)
		if size := max(wireSize(head), textSize(head)); size > c.maxBytes {
			return nil, Errorf(TooLarge, "the answer has %d bytes, the cap is %d", size, c.maxBytes).
				WithHint("set max_bytes, %d at most, or %s", maxMaxBytes, r.howToNarrow())
		}
		return recordsResult(head, mode), nil
	}

	rows, err := r.rows(g)
	if err != nil {
		return nil, err
	}
	head = g.report(head)
	if c.fields != nil {
		all := rows
		var missing []string
		rows, missing = project(rows, c.fields)
		if head, err = addMissing(head, all, missing); err != nil {
			return nil, err
		}
	}
	// What comes around the list depends a little on how much of it is kept:
	// cut, look, and cut again by what is too much.
	room := c.maxBytes - max(wireSize(head), textSize(head)) - paginationRoom
	for room >= minMaxBytes/8 {
		answer, err := r.cut(def, c, head, rows, room)
		if err != nil {
			return nil, err
		}
		excess := max(wireSize(answer), textSize(answer)) - c.maxBytes
		if excess <= 0 {
			return recordsResult(answer, mode), nil
		}
		room -= excess
	}
	return nil, Errorf(TooLarge, "what comes around the %s alone fills %d bytes", def.ListName, c.maxBytes).
		WithHint("set max_bytes, %d at most, or %s", maxMaxBytes, r.howToNarrow())
}

// cut makes the answer of the rows that fit in room.
func (r *Result) cut(def Def, c common, head object, rows []any, room int) (object, error) {
	list := rows[:fitting(rows, room)]
	shortened := 0
	if len(list) == 0 && len(rows) > 0 {
		// One record over the cap must not stand in the way of those after it.
		list, shortened = []any{shrink(rows[0], room)}, 1
	}
	if list == nil {
		list = []any{} // never null
	}
	page := *r.page
	page.point(c.key, r.offset, len(list))
	page.Truncated = page.Truncated || shortened > 0
	hint := "next_args goes on where this was cut; max_bytes raises the cap; or " + r.howToNarrow()
	if c.attached {
		page.NextCursor, page.NextArgs, hint = "", nil, r.howToNarrow()
	}
	answer := append(head[:len(head):len(head)], member{def.ListName, list})
	var err error
	if page.Truncated {
		answer, err = addMember(answer, "truncation", truncation{
			Reason: "byte_cap", Returned: len(list), Dropped: len(rows) - len(list), Shortened: shortened,
			Hint: hint,
		})
		if err != nil {
			return nil, err
		}
	}
	return addMember(answer, "pagination", page)
}

// paginationRoom is kept free at first for the blocks after the list.
const paginationRoom = 300

func addMember(o object, name string, v any) (object, error) {
	tree, err := treeOf(v, new(gate)) // our own words
	return append(o, member{name, tree}), err
}

func recordsResult(answer object, mode outputMode) *mcp.CallToolResult {
	out := &mcp.CallToolResult{}
	if mode != outputText {
		out.RawStructuredContent = []byte(encode(answer))
	}
	text := "the answer is in structuredContent"
	if mode != outputStructured {
		var b strings.Builder
		answer.text(&b)
		text = b.String()
	}
	out.Content = []mcp.Content{mcp.NewTextContent(text)}
	return out
}

// wireSize counts what structured content has on the wire, where mcp-go
// writes < > & as escapes of six bytes.
func wireSize(v any) int {
	size := 0
	for _, c := range []byte(encode(v)) {
		if size++; c == '<' || c == '>' || c == '&' {
			size += 5
		}
	}
	return size
}

func textSize(o object) int {
	var b strings.Builder
	o.text(&b)
	return b.Len()
}

// fitting is how many rows from the first fit in room bytes, as text and as
// JSON. The header of the table counts the columns of all rows.
func fitting(rows []any, room int) int {
	objects, isTable := table(rows)
	var columns []string
	text, structured := 0, 0
	if isTable {
		columns = columnsOf(objects)
		text = len(strings.Join(columns, "\t")) + 1
	}
	for i, row := range rows {
		structured += wireSize(row) + 1
		if isTable {
			var b strings.Builder
			writeRow(&b, columns, objects[i])
			text += b.Len()
		} else {
			text += len(inline(row)) + 2
		}
		if text > room || structured > room {
			return i
		}
	}
	return len(rows)
}

// shrink cuts the texts and lists of one record until it fits.
func shrink(row any, room int) any {
	for limit := 4096; limit >= 16; limit /= 4 {
		row = limited(row, limit)
		if fitting([]any{row}, room) == 1 {
			return row
		}
	}
	return object{{"omitted", fmt.Sprintf("a record of more than %d bytes", room)}}
}

func limited(v any, limit int) any {
	switch v := v.(type) {
	case string:
		return cutMarked(v, limit)
	case []any:
		n := min(len(v), limit)
		list := make([]any, n, n+1)
		for i := range n {
			list[i] = limited(v[i], limit)
		}
		if n < len(v) {
			list = append(list, fmt.Sprintf("…(+%d)", len(v)-n))
		}
		return list
	case object:
		o := make(object, len(v))
		for i, m := range v {
			o[i] = member{m.key, limited(m.value, limit)}
		}
		return o
	}
	return v
}

// cutMarked shortens once: a text that was cut before is not marked twice.
func cutMarked(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit+16 {
		return s
	}
	if i := strings.LastIndex(s, "…(+"); i >= 0 && strings.HasSuffix(s, ")") {
		var missing int
		if _, err := fmt.Sscanf(s[i:], "…(+%d)", &missing); err == nil {
			short := shorten(s[:i], limit)
			if j := strings.LastIndex(short, "…(+"); j >= 0 {
				return fmt.Sprintf("%s…(+%d)", short[:j], missing+utf8.RuneCountInString(s[:i])-limit)
			}
		}
	}
	return shorten(s, limit)
}
