package contract

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/loom-core/loom/testbed"
)

// Checker is a handler that holds what goes through it against a description. It
// passes on what does not fit, too. When its test ends it fails it with what it
// found, each once.
type Checker struct {
	GraphQL *Schema // what is asked at /graphql; nil: there is none

	t    testbed.T
	d    *Description
	next http.Handler

	mu     sync.Mutex
	called map[string]int
	found  map[string]int
	taken  bool // found was taken by somebody who looks at it himself
}

// NewChecker is a checker before next.
func NewChecker(t testbed.T, d *Description, next http.Handler) *Checker {
	c := &Checker{t: t, d: d, next: next, called: map[string]int{}, found: map[string]int{}}
	t.Cleanup(c.report)
	return c
}

func (c *Checker) report() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.taken {
		return
	}
	for _, problem := range slices.Sorted(maps.Keys(c.found)) {
		c.t.Errorf("%s: %s (%d times)", c.d.Name, problem, c.found[problem])
	}
}

// Violations are what was found so far. Who asks for them judges himself: they do
// not fail the test any more.
func (c *Checker) Violations() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = true
	return slices.Sorted(maps.Keys(c.found))
}

// Called are the operations that were called so far, sorted. One that the
// description lacks is not among them: it is a violation.
func (c *Checker) Called() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.called))
}

// Covers fails the test for each operation of the list that was not called.
// except are operations that the description lacks, or that another test calls.
func (c *Checker) Covers(except ...string) {
	c.t.Helper()
	for _, op := range c.d.Listed.without(append(c.Called(), except...)) {
		c.t.Errorf("%s: %s is in the list of operations, and nobody called it: take it out, or test what calls it", c.d.Name, op)
	}
}

func (c *Checker) note(name string, problems []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.called[name]++
	for _, p := range problems {
		c.found[name+": "+p]++
	}
}

func (c *Checker) violation(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found[text]++
}

func (c *Checker) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		c.violation(fmt.Sprintf("%s %s: reading its body: %v", req.Method, req.URL.EscapedPath(), err))
		panic(http.ErrAbortHandler)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	path := req.URL.EscapedPath()
	if c.GraphQL != nil && c.d.isGraphQL(path) {
		for _, problem := range c.GraphQL.request(req.Method, body) {
			c.violation("POST " + path + ": " + problem)
		}
		c.next.ServeHTTP(w, req)
		return
	}
	r, others := c.d.find(req.Method, path)
	if r == nil {
		problem := req.Method + " " + path + ": there is no such operation in the list"
		if len(others) > 0 {
			problem += fmt.Sprintf("; with this path there is %v", others)
		}
		c.violation(problem + ". A new one goes into testbed/contract/testdata, if the service has it")
		c.next.ServeHTTP(w, req)
		return
	}
	c.note(r.name, r.problems(path[len(c.d.Prefix):], req.URL.Query(), req.Header, body))
	if c.d.RequestsOnly {
		c.next.ServeHTTP(w, req)
		return
	}
	seen := &recorder{ResponseWriter: w, status: http.StatusOK}
	c.next.ServeHTTP(seen, req)
	if seen.more {
		return
	}
	for _, problem := range r.answerProblems(seen.status, w.Header(), seen.body.Bytes(), c.d.Skips) {
		c.violation(r.name + ": " + problem)
	}
}

// maxAnswer is how much of an answer is kept to be checked; what is longer is not.
const maxAnswer = 8 << 20

// recorder keeps what is written through it.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	more   bool
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.body.Len()+len(p) > maxAnswer {
		r.more = true
	} else {
		r.body.Write(p)
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap is for [http.ResponseController].
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
