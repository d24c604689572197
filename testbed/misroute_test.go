package testbed_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// Tries of all worlds together, without LOOM_CHAOS and with it.
const (
	fewTries, fewPerWorld   = 288, 24
	manyTries, manyPerWorld = 10_400, 130
)

// disturbances are what goes on in one world beside plain questions. Each world
// has one of them: a call that was given up makes loomd refuse the questions of
// others for a while, and then nothing else would be seen.
var disturbances = []string{"nothing", "cancels", "clients leave", "server is killed", "strangers answer", "everything"}

// TestMisrouting: what a shared server asks is put to the client whose call it
// is, or refused; never to another one. That holds when calls are taken back
// just then, when clients or the server end, and when somebody answers what
// others were asked.
func TestMisrouting(t *testing.T) {
	tries, each := fewTries, fewPerWorld
	if os.Getenv("LOOM_CHAOS") != "" {
		tries, each = manyTries, manyPerWorld
	}
	all := &asking{}
	t.Run("worlds", func(t *testing.T) {
		for n := range tries / each {
			server, disturbance := eras[n%2], disturbances[n/2%len(disturbances)]
			t.Run(fmt.Sprintf("%d %s server, %s", n, server, disturbance), func(t *testing.T) {
				w := newWorld(t, surfaceOf(server, "global"))
				g := &askers{asking: all, t: t, w: w, disturbance: disturbance, dice: rand.New(rand.NewPCG(uint64(n), 4711))}
				g.run([]string{"modern legacy", "legacy legacy", "modern modern", "legacy modern legacy"}[n/2%4], each)
			})
		}
	})
	t.Logf("%d tries: %d questions routed, %d calls with all answers, %d with a refused question, %d lost with the server, %d taken back, %d left with their client, %d strangers' answers, %d wrong",
		all.tries, all.routed, all.answered, all.refused, all.lost, all.cancelled, all.left, all.forged, all.wrong)
	if all.routed == 0 || all.answered == 0 || all.refused == 0 || all.forged == 0 {
		t.Error("something was not tried at all")
	}
}

// asking counts what became of all tries.
type asking struct {
	sync.Mutex
	tries, routed, answered, refused, lost, cancelled, left, forged, wrong int
}

func (a *asking) count(n *int) {
	a.Lock()
	defer a.Unlock()
	*n++
}

// askers are the clients of one world and the stranger among them.
type askers struct {
	*asking
	t           *testing.T
	w           *testbed.World
	disturbance string
	dice        *rand.Rand // of run alone

	mu     sync.Mutex
	asked  []question // the latest last
	stolen net.Conn   // the stranger's; nil without one
}

// question is what a client was asked and a stranger would need.
type question struct {
	id  string // raw: that of a request, or a requestState
	try string // whose it is, and of which call; empty for a requestState
}

func (g *askers) does(what string) bool {
	return g.disturbance == what || g.disturbance == "everything"
}

// asker is one client. Its name is in all that it calls.
type asker struct {
	*testbed.Client
	askers    *askers
	name, era string
}

func (g *askers) connect(name, era string) *asker {
	a := &asker{askers: g, name: name, era: era}
	opts := able(era, a.isAsked)
	opts.OnFrame = func(f testbed.Frame) bool {
		if f.WantsInput() {
			g.saw(question{id: f.Find("requestState")})
		}
		return false
	}
	a.Client = g.w.Connect(opts)
	return a
}

var ofTry = regexp.MustCompile(`\b([A-Z])-\d+\b`)

// isAsked looks whose the question is, and says in the answer who gave it.
func (a *asker) isAsked(f testbed.Frame) (result, failure string) {
	g := a.askers
	if f.Method() == mcp.RootsList {
		return `{"roots":[]}`, ""
	}
	found := ofTry.FindStringSubmatch(string(f.Raw))
	if found == nil || found[1] != a.name {
		g.count(&g.wrong)
		g.t.Errorf("client %s was asked %s", a.name, f)
		return `{}`, ""
	}
	g.count(&g.routed)
	g.saw(question{f.ID(), found[0]})
	if strings.HasSuffix(found[0], "3") { // a slow person
		time.Sleep(3 * time.Millisecond)
	}
	return `{"action":"accept","content":{"answer":"` + found[0] + ` of ` + a.name + `"},"role":"assistant","model":"m"}`, ""
}

func (g *askers) saw(q question) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.asked = append(g.asked, q); len(g.asked) > 20 {
		g.asked = g.asked[1:]
	}
}

// latest are the last questions.
func (g *askers) latest() []question {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.asked[max(0, len(g.asked)-3):])
}

// run has the clients call at once, in turns.
func (g *askers) run(eras string, tries int) {
	var clients []*asker
	for i, era := range strings.Fields(eras) {
		clients = append(clients, g.connect(string(rune('A'+i)), era))
	}
	if g.does("strangers answer") {
		g.intrude()
	}
	for n := 0; n < tries; {
		var turn sync.WaitGroup
		for i, a := range clients {
			for range 1 + g.dice.IntN(2) {
				n++
				g.count(&g.tries)
				turn.Go(g.try(a, n, g.dice.Uint64()))
			}
			if g.does("clients leave") && g.dice.IntN(12) == 0 {
				clients[i] = g.leave(a, n)
			}
		}
		if g.does("server is killed") && g.dice.IntN(6) == 0 {
			time.Sleep(g.moment())
			for _, i := range g.w.Server("fake").Instances {
				for _, p := range g.w.Processes() {
					if p.PID == i.PID {
						p.Kill()
					}
				}
			}
		}
		turn.Wait()
	}
	for _, a := range clients {
		a.Close()
	}
}

// moment is about as long as a question takes.
func (g *askers) moment() time.Duration {
	return time.Duration(g.dice.IntN(3000)) * time.Microsecond
}

// leave ends the proxy of a client that is being asked, and gives it another.
// Nothing else of it may be under way, so it is done by a client made for it.
func (g *askers) leave(a *asker, n int) *asker {
	goes := g.connect(a.name, a.era)
	goes.Request(mcp.ToolsCall, g.params(goes, n, 1))
	time.Sleep(g.moment())
	g.count(&g.left)
	goes.Kill()
	return a
}

func (g *askers) params(a *asker, n int, dice uint64) string {
	kind := []string{"elicitation", "sampling", "elicitation_url"}[dice%3]
	return fmt.Sprintf(`{"name":"fake__ask","arguments":{"kind":"%s","tag":"%s-%d","times":%d}}`, kind, a.name, n, 1+dice/3%2)
}

// try is one call. dice decides what goes wrong with it.
func (g *askers) try(a *asker, n int, dice uint64) func() {
	params := g.params(a, n, dice)
	tag := fmt.Sprintf("%s-%d", a.name, n)
	return func() {
		if g.does("strangers answer") {
			g.forge(params)
		}
		if g.does("cancels") && dice>>32%8 == 0 {
			id := a.Request(mcp.ToolsCall, params)
			time.Sleep(time.Duration(dice>>40%2000) * time.Microsecond)
			a.CancelLate(id)
			g.late(a, tag)
			g.count(&g.cancelled)
			return
		}
		f := a.AskMRTR(mcp.ToolsCall, params, nil)
		switch e := f.Err(); {
		case e != nil && e.Code <= -31000 && e.Code > -32000 && g.does("server is killed"):
			g.count(&g.lost)
		case e != nil:
			g.count(&g.wrong)
			g.t.Errorf("the call %s ended with %s", tag, f)
		case strings.Contains(string(f.Raw), `"error":{"code":-32601`):
			g.count(&g.refused)
		case g.ours(f, tag+" of "+a.name):
			g.count(&g.answered)
		default:
			g.count(&g.wrong)
			g.t.Errorf("the call %s was answered by somebody else: %s", tag, f)
		}
	}
}

// ours reports whether each answer that the server was given is the one.
func (g *askers) ours(f testbed.Frame, answer string) bool {
	given := strings.Split(f.Find("structuredContent"), `"answer":`)[1:]
	for _, text := range given {
		if !strings.HasPrefix(text, `"`+answer+`"`) {
			return false
		}
	}
	return len(given) > 0
}

// late answers what others were asked last, and once more what the call that was
// taken back asked.
func (g *askers) late(a *asker, try string) {
	for _, q := range g.latest() {
		if q.try == try || !strings.HasPrefix(q.try, a.name) {
			a.Send(`{"jsonrpc":"2.0","id":` + q.id + `,"result":{"action":"accept","content":{"answer":"late"}}}`)
		}
	}
}

// intrude connects a stranger straight to loomd: no proxy looks at what it says.
func (g *askers) intrude() {
	ctx, cancel := context.WithTimeout(context.Background(), testbed.Patience)
	defer cancel()
	conn, err := localsock.Dial(ctx, g.w.Socket)
	if err != nil {
		g.t.Fatal(err)
	}
	if _, err := loomrpc.NewClient(conn).Hello(ctx, loomrpc.Hello{Version: "stranger", PID: os.Getpid()}); err != nil {
		g.t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		all, _ := io.ReadAll(conn) // until it is closed
		for line := range bytes.Lines(all) {
			if bytes.Contains(line, []byte(`"id":"forged"`)) && bytes.Contains(line, []byte(`"result"`)) {
				g.count(&g.wrong)
				g.t.Errorf("a stranger was answered %s", line)
			}
		}
	})
	g.t.Cleanup(func() {
		conn.CloseWrite()
		reading.Wait()
		conn.Close()
	})
	g.stolen = conn
}

// forge answers what others were asked last, and comes back to their calls.
func (g *askers) forge(params string) {
	const evil = `{"action":"accept","content":{"answer":"forged"}}`
	for _, q := range g.latest() {
		id := q.id
		frames := []string{`{"jsonrpc":"2.0","id":` + id + `,"result":` + evil + `}`}
		if strings.HasPrefix(id, `"loom-parked-`) {
			retry := params[:len(params)-1] + `,"requestState":` + id + `,"inputResponses":{"loom-1":` + evil + `},"_meta":{"` + mcp.MetaProtocolVersion + `":"` + mcp.Modern + `","` + mcp.MetaClientCapabilities + `":{"elicitation":{}}}}`
			frames = append(frames, string(jsonrpc.NewRequest([]byte(`"forged"`), mcp.ToolsCall, []byte(retry))))
		}
		for _, frame := range frames {
			g.mu.Lock()
			fmt.Fprintf(g.stolen, `{"jsonrpc":"2.0","method":"%s","params":%s}`+"\n", loomrpc.MethodMCP, frame)
			g.mu.Unlock()
			g.count(&g.forged)
		}
	}
}

// TestQuestionGivenUp: a client of the modern era that takes its call back when
// the question is on its way already does not hold the server against others.
func TestQuestionGivenUp(t *testing.T) {
	w := newWorld(t, surfaceOf("legacy", "global"))
	answer := func(testbed.Frame) (string, string) { return `{"action":"accept"}`, "" }
	one, other := w.Connect(able("modern", answer)), w.Connect(able("legacy", answer))
	id := one.Begin("fake__ask", `{"kind":"elicitation","tag":"T"}`)
	if f := one.Answer(id); !f.WantsInput() {
		t.Fatalf("the call was answered %s", f)
	}
	waits := other.Begin("fake__echo", `{}`) // the server asks its clients, so it has one of them at a time
	one.Notify(mcp.Cancelled, `{"requestId":`+id+`}`)
	other.Answer(waits)
	inFlight(t, w, 0)
}

// TestQuestionCarriedOn: with a legacy server it is not known which of a modern
// client's calls a question is for, so it goes out in the answer to one of them.
// When that one is taken back, or is over without an answer to it, another call
// of the same client brings the question: it may have been for that one.
func TestQuestionCarriedOn(t *testing.T) {
	question := `{"kind":"elicitation","tag":"T"}`
	accept := func(testbed.Frame) (string, string) { return `{"action":"accept"}`, "" }
	end := func(w *testbed.World) string { return filepath.Join(w.Dir, "end") }
	arguments := func(w *testbed.World) string { return `{"name":` + strconv.Quote(end(w)) + `}` }
	for _, tc := range []struct {
		name string
		ends func(w *testbed.World, c *testbed.Client, id string, f testbed.Frame) error
	}{
		{"taken back", func(_ *testbed.World, c *testbed.Client, id string, _ testbed.Frame) error {
			c.Notify(mcp.Cancelled, `{"requestId":`+id+`,"reason":"not wanted"}`)
			return nil
		}},
		{"over", func(w *testbed.World, c *testbed.Client, _ string, f testbed.Frame) error {
			err := os.WriteFile(end(w), nil, 0o600)
			for err == nil && f.WantsInput() { // until the server has answered
				f = c.Ask(mcp.ToolsCall, `{"name":"fake__hang","arguments":`+arguments(w)+`,"inputResponses":{},"requestState":`+f.Find("requestState")+`}`)
			}
			return err
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, surfaceOf("legacy", "global"))
			c := w.Connect(able("modern", accept))
			first := c.Begin("fake__hang", arguments(w))
			inFlight(t, w, 1)
			second := c.Begin("fake__ask", question)
			carrier := c.Answer(first)
			if !carrier.WantsInput() {
				t.Fatalf("the first call was answered %s", carrier)
			}
			if err := tc.ends(w, c, first, carrier); err != nil {
				t.Fatal(err)
			}
			f := c.Answer(second)
			if !f.WantsInput() {
				t.Fatalf("the second call was answered %s", f)
			}
			f = c.Ask(mcp.ToolsCall, c.Again(`{"name":"fake__ask","arguments":`+question+`}`, f))
			if !strings.Contains(string(f.Raw), `"answers":[{"result":{"action":"accept"}}]`) {
				t.Errorf("the second call was answered %s", f)
			}
			inFlight(t, w, 0)
		})
	}
}
