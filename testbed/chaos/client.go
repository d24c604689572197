package chaos

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// client is one MCP client. Its proxy may be killed; then it starts another one.
type client struct {
	run   *run
	index int
	era   string

	mu    sync.Mutex
	now   *life
	lives int
}

// life is a client with one proxy.
type life struct {
	*testbed.Client
	of     *client
	number int

	mu     sync.Mutex
	opened bool                          // the handshake is done: every answer is for a worker
	waits  map[string]chan testbed.Frame // by raw id
	early  map[string]testbed.Frame      // answers that came before somebody waited
	tokens map[string]float64            // of calls in flight: the last progress
	spent  map[string]bool               // tokens of calls that were answered
	uris   map[string]bool               // resources that it has ever followed
}

// start starts the client anew.
func (c *client) start() {
	c.mu.Lock()
	c.lives++
	l := &life{
		of: c, number: c.lives, waits: map[string]chan testbed.Frame{}, early: map[string]testbed.Frame{},
		tokens: map[string]float64{}, spent: map[string]bool{}, uris: map[string]bool{},
	}
	c.mu.Unlock()
	l.Client = c.run.world.Client(testbed.ClientOptions{
		Dir: filepath.Join(c.run.world.Home, workspaces[c.index/2%len(workspaces)]),
		Era: c.era, Version: mcp.LatestLegacy, OnRequest: l.asked, OnFrame: l.take,
		Capabilities: `{"roots":{"listChanged":true},"sampling":{"tools":{}},"elicitation":{"form":{},"url":{}},"extensions":{"io.modelcontextprotocol/tasks":{}}}`,
	})
	l.Initialize()
	l.mu.Lock()
	l.opened = true
	l.mu.Unlock()
	c.mu.Lock()
	c.now = l
	c.mu.Unlock()
}

func (c *client) life() *life {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *client) modern() bool { return c.era == "modern" }

// marked finds a mark in a question.
var marked = regexp.MustCompile(`\bc(\d+)l(\d+)w\d+n\d+`)

// asked answers what this client is asked, after it has looked whether the
// question is one of its own.
func (l *life) asked(f testbed.Frame) (result, failure string) {
	r := l.of.run
	if f.Method() == mcp.RootsList {
		return `{"roots":[]}`, ""
	}
	found := marked.FindStringSubmatch(string(f.Raw))
	if found == nil {
		r.fault("client %d was asked what nobody's call asks: %s", l.of.index, f)
		return `{}`, ""
	}
	if found[1] != strconv.Itoa(l.of.index) || found[2] != strconv.Itoa(l.number) {
		r.tally.misrouted()
		r.fault("client %d in its life %d was asked another's question: %s", l.of.index, l.number, f)
	}
	r.tally.routed()
	time.Sleep(time.Duration(len(f.Raw)%5) * 4 * time.Millisecond) // a person
	return `{"action":"accept","content":{"answer":"` + found[0] + `"},"role":"assistant","model":"m"}`, ""
}

// take is given every frame that comes.
func (l *life) take(f testbed.Frame) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.opened {
		return false
	}
	switch method := f.Method(); method {
	case "":
		id := f.ID()
		if wait := l.waits[id]; wait != nil {
			delete(l.waits, id)
			wait <- f
		} else {
			l.early[id] = f
		}
	case mcp.Progress:
		l.progressed(f)
	case mcp.ResourcesUpdated:
		uri, _ := jsonrpc.Text([]byte(f.Find("uri")))
		if !l.uris[uri] {
			l.of.run.fault("client %d was told of a resource that it never followed: %s", l.of.index, f)
		}
	case mcp.Acknowledged:
		return false // Listen waits for it
	}
	return true
}

// progressed holds progress against the call that it is of.
func (l *life) progressed(f testbed.Frame) {
	token := f.Find("progressToken")
	if token[0] != '"' { // of a question
		return
	}
	last, open := l.tokens[token]
	at, _ := strconv.ParseFloat(f.Find("progress"), 64)
	switch {
	case l.spent[token]:
		l.of.run.fault("client %d got progress after the answer: %s", l.of.index, f)
	case !open:
		l.of.run.fault("client %d got progress of a call that it never made: %s", l.of.index, f)
	case at <= last:
		l.of.run.fault("client %d got progress that goes back from %g: %s", l.of.index, last, f)
	default:
		l.tokens[token] = at
	}
}

// ended is an answer that will not come.
type ended string

// The ends without an answer.
const (
	gone ended = "client killed"
	hung ended = "HANGS"
)

// bound is how long anything may take, whatever happens meanwhile.
const bound = time.Minute

// send sends a request and notes who waits for its answer.
func (l *life) send(method, params string) (id string, answer chan testbed.Frame) {
	answer = make(chan testbed.Frame, 1)
	id = l.Request(method, params)
	l.mu.Lock()
	defer l.mu.Unlock()
	if f, ok := l.early[id]; ok {
		delete(l.early, id)
		answer <- f
	} else {
		l.waits[id] = answer
	}
	return id, answer
}

// wait waits for an answer that send promised.
func (l *life) wait(what string, answer chan testbed.Frame) (testbed.Frame, ended) {
	limit := time.NewTimer(bound)
	defer limit.Stop()
	select {
	case f := <-answer:
		return f, ""
	case <-l.Ended():
		return testbed.Frame{}, gone
	case <-limit.C:
		l.of.run.fault("client %d has waited %s for an answer to %s", l.of.index, bound, what)
		return testbed.Frame{}, hung
	}
}

// ask sends a request, answers what the server wants to know first, and returns
// the answer.
func (l *life) ask(method, params string) (testbed.Frame, ended) {
	sent := params
	for range 20 {
		_, answer := l.send(method, sent)
		f, end := l.wait(method+" "+params, answer)
		if end != "" || !f.WantsInput() {
			return f, end
		}
		sent = l.Again(params, f)
	}
	l.of.run.fault("client %d was asked without end by %s %s", l.of.index, method, params)
	return testbed.Frame{}, hung
}

// cancel takes a request back.
func (l *life) cancel(id string) {
	l.CancelLate(id)
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.early, id)
	if l.waits[id] != nil {
		l.waits[id] = make(chan testbed.Frame, 1) // a late answer goes there
	}
}

// tool is the params of a call. more are raw members beside the arguments.
func tool(s server, name, arguments, more string) string {
	return fmt.Sprintf(`{"name":"%s__%s","arguments":%s%s}`, s.name, name, arguments, more)
}

func has(f testbed.Frame, text string) bool { return strings.Contains(string(f.Raw), text) }
