package gitlab

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
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
