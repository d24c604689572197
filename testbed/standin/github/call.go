package github

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/loom-core/loom/testbed/contract"
)

// handler answers an operation. The Hub is locked.
type handler func(*call) reply

// obj is a JSON object.
type obj = map[string]any

// call is a request at work.
type call struct {
	h     *Hub
	req   *http.Request
	op    string
	args  map[string]string // of the path
	query url.Values
	body  []byte
	me    string // login
	repo  *repo  // of the path, if there is one
	base  string // URL of the API, as the client named it
	html  string // URL of the pages
}

// reply is an answer. value is JSON, text anything else.
type reply struct {
	status int
	value  any
	text   []byte
	kind   string // of text
	header http.Header
}

func ok(value any) reply      { return reply{status: http.StatusOK, value: value} }
func created(value any) reply { return reply{status: http.StatusCreated, value: value} }
func done() reply             { return reply{status: http.StatusNoContent} }

func failed(status int, message string) reply {
	return reply{status: status, value: obj{"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status)}}
}

func notFound() reply { return failed(http.StatusNotFound, "Not Found") }

// invalid is a 422 in GitHub's form.
func invalid(resource, field, code, message string) reply {
	one := obj{"resource": resource, "field": field, "code": code}
	if message != "" {
		one["message"] = message
	}
	r := failed(http.StatusUnprocessableEntity, "Validation Failed")
	r.value.(obj)["errors"] = []any{one}
	return r
}

// unprocessable is a 422 whose errors are texts.
func unprocessable(message string, errors ...string) reply {
	r := failed(http.StatusUnprocessableEntity, message)
	if len(errors) > 0 {
		r.value.(obj)["errors"] = errors
	}
	return r
}

// decode reads the body.
func (c *call) decode(to any) { json.Unmarshal(c.body, to) } // ServeHTTP has seen that it is JSON

func (c *call) number(name string) int {
	n, _ := strconv.Atoi(c.args[name])
	return n
}

// accepts reports whether the client asked for a kind such as diff.
func (c *call) accepts(kind string) bool {
	return strings.Contains(c.req.Header.Get("Accept"), "application/vnd.github."+kind) || strings.Contains(c.req.Header.Get("Accept"), "application/vnd.github.v3."+kind)
}

// page is the part of a list that was asked for, with links to the others.
func page[T any](c *call, all []T, wrap func([]T) any) reply {
	size, at := 30, 1
	if n, err := strconv.Atoi(c.query.Get("per_page")); err == nil && n > 0 {
		size = min(n, 100)
	}
	if n, err := strconv.Atoi(c.query.Get("page")); err == nil && n > 0 {
		at = n
	}
	last := max(1, (len(all)+size-1)/size)
	start := min((at-1)*size, len(all))
	r := ok(wrap(all[start:min(start+size, len(all))]))
	var links []string
	link := func(to int, rel string) {
		u := *c.req.URL
		q := u.Query()
		q.Set("page", strconv.Itoa(to))
		u.RawQuery = q.Encode()
		links = append(links, "<"+c.html+u.RequestURI()+`>; rel="`+rel+`"`)
	}
	if at > 1 {
		link(min(at-1, last), "prev")
	}
	if at < last {
		link(at+1, "next")
		link(last, "last")
	}
	if at > 1 {
		link(1, "first")
	}
	if links != nil {
		r.header = http.Header{"Link": {strings.Join(links, ", ")}}
	}
	return r
}

// list is a page of objects.
func list[T any](c *call, all []T, as func(T) any) reply {
	return page(c, all, func(part []T) any { return each(part, as) })
}

// counted is a page of objects below name, with their total.
func counted[T any](c *call, name string, all []T, as func(T) any) reply {
	return page(c, all, func(part []T) any { return obj{"total_count": len(all), name: each(part, as)} })
}

func each[T any](all []T, as func(T) any) []any {
	out := make([]any, 0, len(all))
	for _, one := range all {
		out = append(out, as(one))
	}
	return out
}

// fill adds what the description says has to be there.
func fill(d *contract.Description, op string, r reply) any { return d.Fill(op, r.status, r.value) }
