package github

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// jobLogs sends the client to the store, whose URLs are signed and need no token.
func (c *call) jobLogs() reply {
	_, j := c.findJob()
	if j == nil || j.status != "completed" {
		return notFound()
	}
	return c.away("/logs/" + c.args["job_id"] + ".txt")
}

// away sends the client to the store. To net/http another port is no other host,
// so it has another name.
func (c *call) away(path string) reply {
	at := strings.Replace(c.h.store.URL, "127.0.0.1", "localhost", 1)
	return reply{status: http.StatusFound, header: http.Header{"Location": {at + path + "?sig=signed"}}}
}

func (c *call) tarball() reply {
	sha := c.repo.git.resolve(c.args["ref"])
	if sha == "" {
		return notFound()
	}
	return c.away("/tar/" + c.repo.full() + "/" + sha)
}

// archive is a tarball, whose folder is called as GitHub calls it.
func (h *Hub) archive(path string) []byte {
	name, sha, _ := cutLast(path, "/")
	r := h.repo(name)
	if r == nil || !isHex(sha) {
		return nil
	}
	out, _ := r.git.raw("", nil, "archive", "--format=tar.gz", "--prefix="+r.owner+"-"+r.name+"-"+sha[:7]+"/", sha)
	return out
}

// serveStore is where logs and archives are. Whoever brings a token is remembered.
func (h *Hub) serveStore(w http.ResponseWriter, req *http.Request) {
	h.mu.Lock()
	if a := req.Header.Get("Authorization"); a != "" {
		h.strayed = append(h.strayed, a)
	}
	if path, ok := strings.CutPrefix(req.URL.Path, "/tar/"); ok {
		out := h.archive(path)
		h.mu.Unlock()
		if out == nil || req.URL.Query().Get("sig") == "" {
			http.Error(w, "Not Found", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/x-gzip")
		w.Write(out) // the client may have left
		return
	}
	id, _ := strings.CutSuffix(strings.TrimPrefix(req.URL.Path, "/logs/"), ".txt")
	log, found := "", false
	for _, r := range h.repos {
		for _, one := range r.runs {
			for _, j := range one.jobs {
				if strconv.FormatInt(j.id, 10) == id {
					log, found = j.log, true
				}
			}
		}
	}
	padding := h.lies.LogPadding
	h.mu.Unlock()
	if !found || req.URL.Query().Get("sig") == "" {
		http.Error(w, "AuthenticationFailed", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	line := []byte("2026-11-01T10:00:00.0000000Z " + strings.Repeat("#", 90) + "\n")
	for sent := 0; sent < padding; sent += len(line) {
		if _, err := w.Write(line); err != nil {
			return // the client left
		}
	}
	w.Write([]byte(log)) // the client may have left
}

// Strayed are the credentials that came to the store of logs, which is another
// host: there should be none.
func (h *Hub) Strayed() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.strayed)
}
