package results

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

// Page is a part of a kept result. All numbers are bytes.
type Page struct {
	Text   string
	Offset int64 // where it begins: what was asked for, moved back to where a rune begins
	Next   int64 // where the next one begins; Total if this is the last
	Total  int64
}

// NotFoundError is a result that is not kept, or not kept any longer.
type NotFoundError struct {
	ID       string
	MaxAge   time.Duration
	MaxBytes int64
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("there is no result %q: results are kept for %g hours and up to %d MiB of them, the oldest go first; call the tool again",
		e.ID, e.MaxAge.Hours(), e.MaxBytes>>20)
}

func (s *Store) notFound(id string) error {
	return &NotFoundError{ID: id, MaxAge: s.opts.MaxAge, MaxBytes: s.opts.MaxBytes}
}

// OffsetError is an offset outside of a result.
type OffsetError struct{ Offset, Total int64 }

func (e *OffsetError) Error() string {
	return fmt.Sprintf("offset %d is outside of the result, which has %d bytes", e.Offset, e.Total)
}

// Read returns at most max bytes (0: the result's own page) of a kept result
// from offset, cut after a line or between two runes. A page is empty only at
// the end. The error is a [*NotFoundError], an [*OffsetError], or one of the disk.
func (s *Store) Read(id string, offset, max int64) (Page, error) {
	m, err := s.Get(id)
	if err != nil {
		return Page{}, err
	}
	result, err := s.open(m)
	var path *fs.PathError
	if errors.As(err, &path) && !errors.Is(err, fs.ErrNotExist) {
		return Page{}, fmt.Errorf("reading result %s: %w", id, path.Err) // it may be better next time
	}
	if err != nil { // somebody removed or changed the file
		s.drop(m)
		return Page{}, s.notFound(id)
	}
	text := read(result, m.Kind, m.View)
	total := int64(len(text))
	if offset < 0 || offset > total {
		return Page{}, &OffsetError{offset, total}
	}
	if max <= 0 {
		max = m.Page
	}
	start := runeStart(text, offset)
	end := page(text, start, max)
	return Page{Text: string(text[start:end]), Offset: start, Next: end, Total: total}, nil
}

// readReply is the structuredContent of loom__read_result. It has the text too,
// because there are clients that show a model nothing but structuredContent.
type readReply struct {
	ID     string `json:"id"`
	Offset int64  `json:"offset"`
	Next   *int64 `json:"next_offset"` // null at the end
	Total  int64  `json:"total"`
	Text   string `json:"text"`
}

// ReadResult is the result of a call of loom__read_result: a text item that is
// the page and nothing else, and one that says where it ends. What cannot be
// read is a result with isError.
func (s *Store) ReadResult(id string, offset int64) []byte {
	p, err := s.Read(id, offset, 0)
	if err != nil {
		return toolError(err.Error())
	}
	reply := readReply{ID: id, Offset: p.Offset, Total: p.Total, Text: p.Text}
	say := fmt.Sprintf("[loom: bytes %d to %d of %d", p.Offset, p.Next, p.Total)
	if p.Next < p.Total {
		reply.Next = &p.Next
		say += ". Next: " + readCall(id, p.Next)
	} else {
		say += ", the end"
	}
	raw, _ := jsonrpc.Marshal(map[string]any{ // strings and numbers only
		"content":           []any{textItem(p.Text), textItem(say + "]")},
		"structuredContent": reply,
	})
	return raw
}

func textItem(text string) any { return map[string]any{"type": "text", "text": text} }

// ResourceResult is the result of resources/read for loom://results/<id> and
// loom://results/<id>?offset=N: the page, and under the next page's URI where it
// goes on. modern adds what 2026-07-28 demands of such a result. The error is
// that of [Store.Read]; for a URI that is none of ours, a [*NotFoundError].
func (s *Store) ResourceResult(uri string, modern bool) ([]byte, error) {
	id, offset, ok := ParseURI(uri)
	if !ok {
		return nil, s.notFound(uri)
	}
	p, err := s.Read(id, offset, 0)
	if err != nil {
		return nil, err
	}
	contents := []any{contentsItem(uri, p.Text)}
	if p.Next < p.Total {
		next := uriAt(id, p.Next)
		contents = append(contents, contentsItem(next, fmt.Sprintf("[loom: bytes %d to %d of %d. Next: resource %s]", p.Offset, p.Next, p.Total, next)))
	}
	result := map[string]any{"contents": contents}
	if modern {
		result["resultType"], result["ttlMs"], result["cacheScope"] = "complete", s.opts.MaxAge.Milliseconds(), "private"
	}
	return jsonrpc.Marshal(result)
}

func contentsItem(uri, text string) any {
	return map[string]any{"uri": uri, "mimeType": "text/plain", "text": text}
}
