package conformance

import (
	"encoding/base64"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/testbed"
)

// pair is the same client twice: straight at one of the reference servers, and
// at another process of it through Loom.
type pair struct {
	t       *testing.T
	world   *testbed.World
	direct  *testbed.Client
	through *testbed.Client
	asked   [2]questions
}

// reference starts a server of npm's @modelcontextprotocol in both ways. more is
// for its entry in the registry.
func reference(t *testing.T, name, more string, client testbed.ClientOptions, directEnv []string, args ...string) *pair {
	t.Helper()
	modules := npm(t)
	t.Parallel()
	node := filepath.Join(modules, ".bin", "node")
	args = append([]string{filepath.Join(modules, "@modelcontextprotocol", "server-"+name, "dist", "index.js")}, args...)
	p := &pair{t: t, world: newWorld(t, name, "command: "+node+", args: ["+strings.Join(args, ", ")+"], share: session"+more)}
	client.Version = "2025-11-25"
	for i, c := range []**testbed.Client{&p.direct, &p.through} {
		asks := client
		if client.OnRequest != nil {
			asks.OnRequest = p.asked[i].noting(client.OnRequest)
		}
		if i == 0 {
			asks.Env = directEnv
			*c = p.world.Direct(asks, append([]string{node}, args...)...)
			t.Cleanup(func() { p.direct.Kill() }) // not all of them end when stdin does
		} else {
			*c = p.world.Connect(asks)
		}
	}
	return p
}

// clients are both, by how they are connected.
func (p *pair) clients() map[string]*testbed.Client {
	return map[string]*testbed.Client{"directly": p.direct, "through Loom": p.through}
}

// same asks both, and fails the test unless they get the same. It returns what
// came directly.
func (p *pair) same(method, params string) testbed.Frame {
	p.t.Helper()
	a, b := p.direct.Request(method, params), p.through.Request(method, params)
	return p.equal(method+" "+params, p.direct.Answer(a), p.through.Answer(b))
}

// settled is same for what Loom answers itself, in an envelope of its own.
func (p *pair) settled(method, params string) {
	p.t.Helper()
	a, b := p.direct.Ask(method, params), p.through.Ask(method, params)
	if a.Err() != nil || a.Result() != b.Result() {
		p.t.Errorf("%s through Loom\n%s\nand directly\n%s", method, b, a)
	}
}

// call is same for a tool, with raw arguments.
func (p *pair) call(tool, arguments string) testbed.Frame {
	p.t.Helper()
	return p.same("tools/call", `{"name":"`+tool+`","arguments":`+arguments+`}`)
}

// list waits until a list has the same in both, which may be a moment after the
// server has changed it. Only the member counts.
func (p *pair) list(method, member string) {
	p.t.Helper()
	var want, got string
	defer func() {
		if p.t.Failed() {
			p.t.Logf("%s through Loom\n%.3000s\nand directly\n%.3000s", method, got, want)
		}
	}()
	testbed.Eventually(p.t, method+" is the same", func() bool {
		want, got = p.direct.Ask(method, "{}").Find(member), p.through.Ask(method, "{}").Find(member)
		return want != "" && steady(got) == steady(want)
	})
}

func (p *pair) equal(what string, direct, through testbed.Frame) testbed.Frame {
	p.t.Helper()
	want, got := steady(testbed.Normal(direct, "")), steady(testbed.Normal(through, ""))
	if want != got {
		p.t.Errorf("%s through Loom\n%.3000s\nand directly\n%.3000s", what, got, want)
	}
	return direct
}

// told waits for a notification at both and compares them. It returns what came
// through Loom.
func (p *pair) told(method string) testbed.Frame {
	p.t.Helper()
	through := p.through.Notification(method)
	p.equal(method, p.direct.Notification(method), through)
	return through
}

// unsteady is what differs from run to run.
var unsteady = []*regexp.Regexp{
	regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`),
	regexp.MustCompile(`\w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4} \([^)]*\)`),
	regexp.MustCompile(`\b\d{1,2}:\d\d:\d\d([\s\x{202f}][AP]M)?`),
	regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`),
	regexp.MustCompile(`[0-9a-f]{32}`), // the id of a task
}

var blob = regexp.MustCompile(`"blob":"([^"]*)"`)

// steady is a text without that, also in what is encoded in it.
func steady(text string) string {
	text = blob.ReplaceAllStringFunc(text, func(member string) string {
		raw, err := base64.StdEncoding.DecodeString(blob.FindStringSubmatch(member)[1])
		if err != nil {
			return member
		}
		return `"blob":` + string(jsonrpc.Quote(steady(string(raw))))
	})
	for _, u := range unsteady {
		text = u.ReplaceAllString(text, "*")
	}
	return text
}

// questions are what a server asked.
type questions struct {
	mu  sync.Mutex
	all []string
}

// noting is answer, which notes each question. What the roots are Loom asks too.
func (q *questions) noting(answer func(testbed.Frame) (string, string)) func(testbed.Frame) (string, string) {
	return func(f testbed.Frame) (string, string) {
		if f.Method() != "roots/list" {
			q.mu.Lock()
			q.all = append(q.all, steady(testbed.Normal(f, "")))
			q.mu.Unlock()
		}
		return answer(f)
	}
}

// sorted are the questions so far; several calls may have been in flight.
func (q *questions) sorted() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Sorted(slices.Values(q.all))
}
