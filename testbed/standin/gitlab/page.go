package gitlab

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// manyRows is from how many records on GitLab does not count them for a list.
const manyRows = 10_000

// paged is a page of a list, with the headers that say so: by number, or by a
// cursor if pagination=keyset is asked for.
func paged[T any](c *call, all []T, show func(T) obj) (any, error) {
	size := 20
	if c.has("per_page") {
		size = c.int("per_page")
	}
	if size < 1 {
		return nil, &problem{http.StatusBadRequest, obj{"error": "per_page does not have a valid value"}}
	}
	size = min(size, 100)
	page, start := max(c.int("page"), 1), 0
	keyset := c.str("pagination") == "keyset"
	if keyset {
		start = cursor(c)
	} else {
		start = (page - 1) * size
	}
	from := min(start, len(all))
	to := min(from+size, len(all))
	out := make([]obj, 0, to-from)
	for _, one := range all[from:to] {
		out = append(out, show(one))
	}
	if keyset {
		c.keyset(to, to < len(all))
	} else {
		c.pages(page, size, len(all))
	}
	return out, nil
}

func (c *call) pages(page, size, total int) {
	last := max((total+size-1)/size, 1)
	set := func(name string, n int, there bool) {
		text := ""
		if there {
			text = strconv.Itoa(n)
		}
		c.header.Set(name, text)
	}
	set("X-Page", page, true)
	set("X-Per-Page", size, true)
	set("X-Next-Page", page+1, page < last)
	set("X-Prev-Page", page-1, page > 1)
	links := []string{}
	link := func(rel string, n int) {
		links = append(links, c.link(rel, url.Values{"page": {strconv.Itoa(n)}, "per_page": {strconv.Itoa(size)}}))
	}
	if page > 1 {
		link("prev", page-1)
	}
	if page < last {
		link("next", page+1)
	}
	link("first", 1)
	if !c.switches.NoTotals && total <= manyRows {
		set("X-Total", total, true)
		set("X-Total-Pages", last, true)
		link("last", last)
	}
	c.header.Set("Link", strings.Join(links, ", "))
}

// keyset says where the rest is, and nothing else.
func (c *call) keyset(at int, more bool) {
	if more {
		next := base64.RawURLEncoding.EncodeToString([]byte("at " + strconv.Itoa(at)))
		c.header.Set("Link", c.link("next", url.Values{"cursor": {next}, "page_token": {next}}))
	}
}

func cursor(c *call) int {
	for _, name := range []string{"cursor", "page_token"} {
		if text, err := base64.RawURLEncoding.DecodeString(c.str(name)); err == nil && len(text) > 3 {
			n, _ := strconv.Atoi(string(text[3:]))
			return n
		}
	}
	return 0
}

func (c *call) link(rel string, with url.Values) string {
	q := c.r.URL.Query()
	for name, values := range with {
		q[name] = values
	}
	return "<http://" + c.r.Host + c.r.URL.EscapedPath() + "?" + q.Encode() + `>; rel="` + rel + `"`
}

// offset fails for a page that numbers do not reach: GitLab sets this limit for
// lists of projects.
func (c *call) offset() error {
	most := c.switches.MaxOffset
	if most == 0 {
		most = 50_000
	}
	size := min(max(c.int("per_page"), 20), 100)
	if c.str("pagination") == "keyset" || (max(c.int("page"), 1)-1)*size < most {
		return nil
	}
	return &problem{http.StatusMethodNotAllowed, obj{"error": "Offset pagination has a maximum allowed offset of " + strconv.Itoa(most) +
		" for requests that return objects of type Project. Remaining records can be retrieved using keyset pagination."}}
}
