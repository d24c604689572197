package gitlab

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// handler answers a call: with an [obj] or a list of them, with a [raw], or with
// nil for 204. Errors are [problem]s. It holds the lock of the instance.
type handler func(*call) (any, error)

type routes map[string]handler

// call is a request of somebody. Its parameters come from the path, the query and
// the body alike, as GitLab takes them.
type call struct {
	*GitLab
	r      *http.Request
	me     *user
	params map[string]any
	header http.Header // of the answer
	status int         // of the answer, 0: what is usual
}

// raw is an answer that is no JSON.
type raw struct {
	kind string
	body []byte
}

// maxBody is more than any request of a test has.
const maxBody = 64 << 20

func (g *GitLab) serve(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			return // the client left
		}
		status, answer := g.answer(w.Header(), r, body, h)
		switch answer := answer.(type) {
		case nil:
			w.WriteHeader(status)
		case raw:
			w.Header().Set("Content-Type", answer.kind)
			w.WriteHeader(status)
			if r.Method != http.MethodHead {
				w.Write(answer.body)
			}
		default:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			json.NewEncoder(w).Encode(answer)
		}
	})
}

// answer does the work under the lock, so that a client that reads slowly holds
// up nobody.
func (g *GitLab) answer(header http.Header, r *http.Request, body []byte, h handler) (int, any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := &call{GitLab: g, r: r, header: header}
	header.Set("X-Request-Id", "01STANDIN"+strconv.Itoa(g.id()))
	fail := func(err error) (int, any) {
		p, ok := err.(*problem)
		if !ok {
			p = &problem{http.StatusInternalServerError, obj{"message": "500 Internal Server Error", "because": err.Error()}}
		}
		return p.status, p.body
	}
	if err := c.limit(); err != nil {
		return fail(err)
	}
	if c.me = g.who(r); c.me == nil {
		return fail(&problem{http.StatusUnauthorized, obj{"message": "401 Unauthorized"}})
	}
	if err := c.read(body); err != nil {
		return fail(err)
	}
	result, err := h(c)
	if err != nil {
		return fail(err)
	}
	if c.status == 0 {
		c.status = http.StatusOK
		switch {
		case result == nil:
			c.status = http.StatusNoContent
		case r.Method == http.MethodPost:
			c.status = http.StatusCreated
		}
	}
	if g.switches.Nulls {
		result = nulled(result)
	}
	return c.status, result
}

// read takes the parameters together.
func (c *call) read(body []byte) error {
	c.params = make(map[string]any)
	add := func(form map[string][]string) {
		for name, values := range form {
			if list, ok := strings.CutSuffix(name, "[]"); ok {
				all := make([]any, len(values))
				for i, v := range values {
					all[i] = v
				}
				c.params[list] = all
			} else if len(values) > 0 {
				c.params[name] = values[len(values)-1]
			}
		}
	}
	add(c.r.URL.Query())
	if len(body) == 0 {
		return nil
	}
	kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		var more map[string]any
		if err := json.Unmarshal(body, &more); err != nil {
			return &problem{http.StatusBadRequest, obj{"error": "There was a problem in the JSON you submitted: " + err.Error()}}
		}
		for name, value := range more {
			c.params[name] = value
		}
	case "application/x-www-form-urlencoded":
		r := *c.r
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		r.Form, r.PostForm = nil, nil
		if err := r.ParseForm(); err != nil {
			return bad("the form cannot be read")
		}
		add(r.PostForm)
	default:
		return &problem{http.StatusUnsupportedMediaType, obj{"error": "The provided content-type '" + kind + "' is not supported."}}
	}
	return nil
}

func (c *call) has(name string) bool { _, ok := c.params[name]; return ok }

// str is a parameter as text, empty if it is null or not there.
func (c *call) str(name string) string {
	if v := c.r.PathValue(name); v != "" {
		return v
	}
	return text(c.params[name])
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func (c *call) int(name string) int { n, _ := strconv.Atoi(c.str(name)); return n }

func (c *call) bool(name string) bool {
	v := c.str(name)
	return v == "true" || v == "1"
}

// strs is a list, or a text with commas.
func (c *call) strs(name string) []string {
	var out []string
	switch v := c.params[name].(type) {
	case []any:
		for _, one := range v {
			out = append(out, text(one))
		}
	default:
		for one := range strings.SplitSeq(text(v), ",") {
			if one = strings.TrimSpace(one); one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

func (c *call) ints(name string) []int {
	var out []int
	for _, one := range c.strs(name) {
		if n, err := strconv.Atoi(one); err == nil {
			out = append(out, n)
		}
	}
	return out
}

func (c *call) time(name string) time.Time {
	v := c.str(name)
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, v); err == nil {
			return t
		}
	}
	return time.Time{}
}

// need fails when one of the parameters is missing.
func (c *call) need(names ...string) error {
	var missing []string
	for _, name := range names {
		if c.str(name) == "" && !c.has(name) {
			missing = append(missing, name+" is missing")
		}
	}
	if missing != nil {
		return &problem{http.StatusBadRequest, obj{"error": strings.Join(missing, ", ")}}
	}
	return nil
}

// oneOf fails when a parameter is there and none of the values.
func (c *call) oneOf(name string, values ...string) error {
	v := c.str(name)
	if v == "" {
		return nil
	}
	for _, one := range values {
		if v == one {
			return nil
		}
	}
	return &problem{http.StatusBadRequest, obj{"error": name + " does not have a valid value"}}
}
