package upstream

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"sync"
	"time"
)

const (
	cacheEntries = 64
	cacheAge     = 5 * time.Minute
	cacheBody    = 1 << 20  // of one answer
	cacheBytes   = 16 << 20 // of all
)

// cache holds answers with an ETag. None is used without asking: the service is
// told which one is here, and a 304 says that it is still right. For some
// services such a question does not count.
type cache struct {
	now func() time.Time

	mu      sync.Mutex
	entries map[string]*cached // guarded by mu
	bytes   int                // of their bodies; guarded by mu
}

// cached is an answer. Its parts do not change but used.
type cached struct {
	etag   string
	header http.Header
	body   []byte
	used   time.Time // when it was right last
}

// cacheKey says whose answer to what it is, empty for a request whose answer
// is not held. Credentials are in it as a hash.
func cacheKey(req *http.Request) string {
	if req.Method != http.MethodGet || req.Header.Get("Range") != "" || req.Header.Get("If-None-Match") != "" {
		return ""
	}
	who := sha256.Sum256([]byte(req.Header.Get("Authorization")))
	return hex.EncodeToString(who[:]) + " " + req.Header.Get("Accept") + " " + req.URL.String()
}

// get is the answer of key, nil if there is none or it is old.
func (c *cache) get(key string) *cached {
	if c == nil || key == "" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e != nil && c.now().Sub(e.used) > cacheAge {
		c.drop(key)
		return nil
	}
	return e
}

// put holds a good answer, if it is one to be held, and drops the oldest for it.
func (c *cache) put(key string, r *Response) {
	etag := r.Header.Get("Etag")
	if c == nil || key == "" || etag == "" || r.Status != http.StatusOK || len(r.Body) > cacheBody {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(key)
	for len(c.entries) >= cacheEntries || c.bytes+len(r.Body) > cacheBytes {
		oldest := ""
		for name, e := range c.entries {
			if oldest == "" || e.used.Before(c.entries[oldest].used) {
				oldest = name
			}
		}
		c.drop(oldest)
	}
	if c.entries == nil {
		c.entries = make(map[string]*cached)
	}
	c.entries[key] = &cached{etag, r.Header.Clone(), r.Body, c.now()}
	c.bytes += len(r.Body)
}

func (c *cache) drop(key string) {
	if e := c.entries[key]; e != nil {
		c.bytes -= len(e.body)
		delete(c.entries, key)
	}
}

// serve makes the answer 304 the one that it stands for: what it says itself
// goes over the headers of then.
func (e *cached) serve(resp *http.Response) {
	fresh := resp.Header
	resp.Header = e.header.Clone()
	for name, values := range fresh {
		if name != "Content-Length" && name != "Content-Type" && name != "Content-Encoding" {
			resp.Header[name] = values
		}
	}
	resp.StatusCode, resp.Status = http.StatusOK, "200 OK"
}
