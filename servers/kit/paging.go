package kit

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

// Page sizes where a [Def] sets none.
const (
	defaultPerPage    = 20
	defaultMaxPerPage = 100
	maxPage           = 1_000_000
)

// Paging is embedded in the arguments of a tool that lists: page, per_page and
// cursor. The kit has set it when the handler runs.
type Paging struct {
	Page    int // from 1; 0 when a cursor says where to go on
	PerPage int // the effective one

	offset int
}

// Window is the part of the full list that the call asks for.
func (p Paging) Window() (offset, limit int) { return p.offset, p.PerPage }

// Clamp is p with at most that many records, for a source that gives no more
// at once however many are asked for: what comes after a page is then counted
// in pages of that size, too.
func (p Paging) Clamp(most int) Paging {
	if most <= 0 || p.PerPage <= most {
		return p
	}
	p.PerPage = most
	if p.Page > 0 {
		p.offset = (p.Page - 1) * most
	}
	return p
}

// Resume is embedded instead of [Paging] by tools whose number of records has
// a name of its own, such as max_series: it adds the cursor alone.
type Resume struct {
	offset  int
	resumed bool
}

// Paging makes the window: size records from where the cursor says.
func (r Resume) Paging(size int) Paging { return Paging{PerPage: size, offset: r.offset} }

// Pagination is the block that every list carries.
type Pagination struct {
	Page            int            `json:"page,omitempty"`
	PerPage         int            `json:"per_page"`
	Count           int            `json:"count"`
	Total           *int           `json:"total,omitempty"`
	TotalIsEstimate bool           `json:"total_is_estimate,omitempty"`
	TotalPages      int            `json:"total_pages,omitempty"`
	NextPage        int            `json:"next_page,omitempty"`
	HasMore         bool           `json:"has_more"`
	Truncated       bool           `json:"truncated"`
	NextCursor      string         `json:"next_cursor,omitempty"`
	NextArgs        map[string]any `json:"next_args,omitempty"` // put over the arguments of this call
	Hint            string         `json:"hint,omitempty"`
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	Pagination
	offset int // of Items in the full list
}

// Slice cuts the page out of a list that the server holds as a whole.
func Slice[T any](p Paging, all []T) Page[T] {
	start := min(max(p.offset, 0), len(all))
	end := min(start+p.PerPage, len(all))
	total := len(all)
	page := Window(p, all[start:end], end < total)
	page.Total = &total
	if p.PerPage > 0 {
		page.TotalPages = (total + p.PerPage - 1) / p.PerPage
	}
	if p.offset >= total && total > 0 {
		page.Hint = "nothing here: this is after the last page"
	}
	return page
}

// Window is the page of a list of which the server fetched only the part that
// [Paging.Window] asks for. more says whether the source has records after it;
// a server that cannot know asks its source for one record more.
func Window[T any](p Paging, items []T, more bool) Page[T] {
	page := Page[T]{Items: items, offset: p.offset}
	page.Pagination = Pagination{Page: p.Page, PerPage: p.PerPage, Count: len(items), HasMore: more}
	if more && p.Page > 0 {
		page.NextPage = p.Page + 1
	}
	return page
}

// point fills in how to get what follows the first kept records of the page.
func (p *Pagination) point(key string, offset, kept int) {
	p.Truncated = kept < p.Count
	p.Count = kept
	switch {
	case p.Truncated:
		p.HasMore, p.NextPage = true, 0 // the next page would leave out the rest of this one
		fallthrough
	case p.HasMore && p.NextPage == 0:
		p.NextCursor = encodeOffset(key, offset+kept)
		p.addNext("cursor", p.NextCursor)
	case p.HasMore:
		p.addNext("page", p.NextPage)
	default:
		p.NextArgs = nil
	}
}

func (p *Pagination) addNext(name string, v any) {
	args := map[string]any{name: v}
	for k, v := range p.NextArgs {
		args[k] = v
	}
	p.NextArgs = args
}

// cursor is what an opaque cursor holds.
type cursor struct {
	Key   string          `json:"k"`
	State json.RawMessage `json:"s"`
}

var errCursor = errors.New("the cursor is not one of this tool")

// cursorMark begins a cursor, so that none is taken for a line of a private key.
const cursorMark = "c-"

// EncodeCursor makes an opaque cursor of state, for lists that are not
// continued by offset. key names the list it belongs to.
func EncodeCursor(key string, state any) string {
	raw, err := json.Marshal(state)
	if err != nil {
		panic("encoding a cursor: " + err.Error()) // states are our own plain structs
	}
	text, _ := json.Marshal(cursor{Key: key, State: raw})
	return cursorMark + base64.RawURLEncoding.EncodeToString(text)
}

// DecodeCursor reads a cursor of [EncodeCursor]. Its error is an [Error] that
// can be returned as it is.
func DecodeCursor(key, text string, state any) error {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(text, cursorMark))
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err == nil && c.Key == key {
		err = json.Unmarshal(c.State, state)
	}
	switch {
	case err != nil:
		return Errorf(InvalidArgument, "%w", errCursor).WithHint("copy next_cursor from the answer before, unchanged")
	case c.Key != key:
		return Errorf(InvalidArgument, "the cursor belongs to a call with other arguments").
			WithHint("repeat the call of that answer and add only its next_args")
	}
	return nil
}

func encodeOffset(key string, offset int) string { return EncodeCursor(key, offset) }

func decodeOffset(key, text string) (int, error) {
	var offset int
	var e *Error
	if err := DecodeCursor(key, text, &offset); errors.As(err, &e) {
		return 0, errors.New(e.Message)
	}
	if offset < 0 {
		return 0, errCursor
	}
	return offset, nil
}

// WithItems is page with its items in another form, one for one.
func WithItems[T, U any](page Page[T], items []U) Page[U] {
	return Page[U]{Items: items, Pagination: page.Pagination, offset: page.offset}
}
