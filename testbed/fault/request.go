package fault

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// maxBody is how much of a request's body is remembered. Every byte of it is
// passed on.
const maxBody = 1 << 20

// Request is one that came to a Front.
type Request struct {
	Method string
	Host   string // as the client named it
	Path   string // as it came: escaped
	Query  url.Values
	Header http.Header
	Body   []byte // at most its first MiB
	Cut    bool   // there was more of it

	Began     time.Time
	Ended     time.Time // zero: it is still being worked at
	Cancelled bool      // the client left before it had the whole answer
	Err       error     // why the service gave no answer, if it was asked
}

// credentialHeaders are those that say who asks: of HTTP, GitLab and proxies.
var credentialHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie", "Private-Token", "Job-Token", "X-Api-Key", "Sudo"}

// credentialParams are the parameters that some APIs take a token in.
var credentialParams = []string{"access_token", "private_token", "job_token", "token"}

// Credentials are what the request brought to prove who asks, "name: value",
// sorted. A stranger should see none.
func (r Request) Credentials() []string {
	var out []string
	for _, name := range credentialHeaders {
		for _, value := range r.Header.Values(name) {
			out = append(out, name+": "+value)
		}
	}
	for _, name := range credentialParams {
		for _, value := range r.Query[name] {
			out = append(out, name+": "+value)
		}
	}
	slices.Sort(out)
	return out
}

// Requests are those that came so far, in order. One that still sends its body
// has not come.
func (f *Front) Requests() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]Request, len(f.requests))
	for i, r := range f.requests {
		out[i] = *r
	}
	return out
}

// Credentials are those of all requests.
func (f *Front) Credentials() []string {
	var out []string
	for _, r := range f.Requests() {
		out = append(out, r.Credentials()...)
	}
	return out
}

// begin reads a request and remembers it.
func (f *Front) begin(w http.ResponseWriter, r *http.Request) *exchange {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
	f.handlers.Add(1)
	f.mu.Unlock()

	seen := &Request{Method: r.Method, Host: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Header: maps.Clone(r.Header), Began: time.Now()}
	start, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	seen.Body, seen.Cut = start[:min(len(start), maxBody)], len(start) > maxBody
	if r.Body != http.NoBody {
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(start), r.Body), r.Body}
	}
	f.update(func() { f.requests = append(f.requests, seen) })
	x := &exchange{front: f, w: w, r: r, seen: seen, proto: proto11}
	if err != nil { // the client left
		f.finish(x)
		panic(http.ErrAbortHandler)
	}
	return x
}

// finish notes how a request ended.
func (f *Front) finish(x *exchange) {
	f.update(func() {
		x.seen.Ended = time.Now()
		x.seen.Cancelled = x.r.Context().Err() != nil && !x.whole
	})
	f.handlers.Done()
}
