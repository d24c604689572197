package kit

import "encoding/json"

// place is where in the source of a list a cursor goes on: a number of records
// from the start or, when the source gave a token, from what that fetches.
type place struct {
	Token string `json:"t,omitempty"`
	Skip  int    `json:"o"`
}

// MarshalJSON writes a number alone where there is no token.
func (p place) MarshalJSON() ([]byte, error) {
	if p.Token == "" {
		return json.Marshal(p.Skip)
	}
	type plain place
	return json.Marshal(plain(p))
}

// UnmarshalJSON reads both forms.
func (p *place) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &p.Skip) == nil {
		return nil
	}
	type plain place
	return json.Unmarshal(raw, (*plain)(p))
}

// Token is what the source of a [Chain] is to be asked with, empty for its
// first page.
func (p Paging) Token() string { return p.token }

// Chain is a page of a source that goes on by tokens. items is the whole page
// that the token here fetches; of a page that was cut before the rest is given.
// next is the token of the page after it, empty after the last one.
func Chain[T any](p Paging, items []T, here, next string) Page[T] {
	skip := 0
	if p.resumed {
		skip = min(p.offset, len(items))
	}
	page := Window(p, items[skip:], next != "")
	page.NextPage = 0 // a number would be walked to from the first page
	page.offset, page.here, page.next = skip, here, next
	return page
}
