package github

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP is the API.
func (h *Hub) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client left
	}
	c := &call{h: h, req: req, query: req.URL.Query(), body: body, html: h.address(req)}
	c.base = c.html + h.d.Prefix
	r := h.answer(c)
	head := w.Header()
	for name, values := range r.header {
		head[name] = values
	}
	head.Set("X-Github-Request-Id", "0001:0002:0003")
	head.Set("X-RateLimit-Limit", "5000")
	head.Set("X-RateLimit-Remaining", "4999")
	head.Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
	head.Set("X-OAuth-Scopes", "repo, workflow")
	if h.d.Prefix != "" {
		head.Set("X-GitHub-Enterprise-Version", strings.TrimPrefix(h.d.Name, "ghes-")+".0")
	}
	out := r.text
	if r.kind != "" {
		head.Set("Content-Type", r.kind)
	} else if r.value != nil {
		head.Set("Content-Type", "application/json; charset=utf-8")
		if out, err = json.Marshal(fill(h.d, c.op, r)); err != nil {
			panic(err) // an answer of ours has no JSON
		}
	}
	if req.Method == http.MethodGet && r.status == http.StatusOK {
		tag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(out))
		head.Set("ETag", tag)
		if req.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	w.WriteHeader(r.status)
	w.Write(out) // the client may have left
}

func (h *Hub) answer(c *call) reply {
	h.mu.Lock()
	defer h.mu.Unlock()
	kind, token, _ := strings.Cut(c.req.Header.Get("Authorization"), " ")
	if strings.EqualFold(kind, "bearer") || strings.EqualFold(kind, "token") {
		c.me = h.accounts[token]
		if c.me == "" {
			return failed(http.StatusUnauthorized, "Bad credentials")
		}
	}
	if c.me == "" {
		return failed(http.StatusUnauthorized, "Requires authentication")
	}
	if len(c.body) > 0 && !json.Valid(c.body) {
		return failed(http.StatusBadRequest, "Problems parsing JSON")
	}
	if path := c.req.URL.Path; path == "/graphql" && h.d.Prefix == "" || path == "/api/graphql" && h.d.Prefix != "" {
		return h.graphQL(c)
	}
	c.op, c.args = h.d.Match(c.req.Method, c.req.URL.EscapedPath())
	handle := h.handlers[c.op]
	if handle == nil {
		return notFound()
	}
	if name := c.args["repo"]; name != "" {
		full := strings.ToLower(c.args["owner"] + "/" + name)
		if to := h.renamed[full]; to != "" {
			return c.moved(full, to)
		}
		c.repo = h.repos[full]
		if c.repo == nil || !c.sees(c.repo) {
			return notFound()
		}
	}
	return handle(c)
}

// At says where the Hub is for its clients, if something stands before it. Links
// and redirects lead there.
func (h *Hub) At(url string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.public = url
}

func (h *Hub) address(req *http.Request) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.public != "" {
		return h.public
	}
	return "http://" + req.Host
}

// sees reports whether who asks may see a repository.
func (c *call) sees(r *repo) bool {
	return !r.private || r.owner == c.me || slices.Contains(c.h.orgs, r.owner)
}

// moved sends the client on to what a repository is called now. GitHub sends it to
// /repositories/ID, a path that its description lacks.
func (c *call) moved(from, to string) reply {
	status := http.StatusMovedPermanently
	if c.req.Method != http.MethodGet {
		status = http.StatusTemporaryRedirect
	}
	path := c.req.URL.EscapedPath()
	i := strings.Index(strings.ToLower(path), "/repos/"+from) + len("/repos/")
	at := c.html + path[:i] + to + path[i+len(from):]
	if c.req.URL.RawQuery != "" {
		at += "?" + c.req.URL.RawQuery
	}
	r := failed(status, "Moved Permanently")
	r.value.(obj)["url"] = at
	r.header = http.Header{"Location": {at}}
	return r
}
