package chaos

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// How many there are, and how often something breaks, on the average.
const (
	clients = 8
	workers = 3
	calm    = 350 * time.Millisecond
)

// Options say what a run is.
type Options struct {
	Seed     uint64
	Duration time.Duration // of the faults; what comes before and after is not counted
	Trace    bool          // tell of each fault, and of each slow step
	World    testbed.Options
}

// run is one run.
type run struct {
	t       testbed.T
	opts    Options
	world   *testbed.World
	clients []*client
	breaker *breaker
	tally   *tally
	samples []sample

	gate   sync.RWMutex // held for reading by a worker during a step, for writing in quiet
	over   atomic.Bool
	faults atomic.Int64
}

// mostFaults is how many are printed.
const mostFaults = 30

// fault notes that something did not hold.
func (r *run) fault(format string, args ...any) {
	r.t.Helper()
	if n := r.faults.Add(1); n <= mostFaults {
		text := fmt.Sprintf(format, args...)
		if len(text) > 1500 {
			text = text[:1500] + "…"
		}
		r.t.Errorf("%s after the start: %s", time.Since(r.tally.began).Round(time.Millisecond), text)
	}
}

// slow is after how long a step is worth a line in the trace.
const slow = 2 * time.Second

// trace tells of what happens, if somebody wants to know.
func (r *run) trace(format string, args ...any) {
	if r.opts.Trace {
		r.t.Helper()
		r.t.Logf("%s: %s", time.Since(r.tally.began).Round(time.Millisecond), fmt.Sprintf(format, args...))
	}
}

// Run does it all and says what happened. What does not hold fails t.
func Run(t testbed.T, o Options) {
	t.Helper()
	r := &run{t: t, opts: o, tally: newTally()}
	r.world = testbed.New(t, o.World)
	for _, dir := range workspaces {
		r.world.Mkdir(dir + "/.git")
	}
	writeRegistry(r.world, nil, "")
	for i := range clients {
		c := &client{run: r, index: i, era: []string{"legacy", "modern"}[i%2]}
		r.clients = append(r.clients, c)
		c.start()
	}
	r.breaker = newBreaker(r)
	r.settle()
	r.sample("begin")

	var working sync.WaitGroup
	for _, c := range r.clients {
		for n := range workers {
			working.Go(func() { r.work(c, n) })
		}
	}
	stopWatch := r.watch()
	r.storm()
	r.breaker.mend()
	r.over.Store(true)
	working.Wait() // each step is bounded
	stopWatch()
	r.tally.over()

	r.settle()
	r.sample("end")
	r.checkLeaks()
	r.leave()
	r.t.Logf("%s", r.report())
}

// storm has things break until the time is over. In between there are quiet
// moments to look at what is there.
func (r *run) storm() {
	const moments = 6
	for n := range moments {
		end := r.tally.began.Add(r.opts.Duration * time.Duration(n+1) / moments)
		for time.Now().Before(end) {
			time.Sleep(min(time.Until(end), time.Duration(r.breaker.dice.ExpFloat64()*float64(calm))))
			r.breaker.next(n < moments/2)
		}
		if n+1 < moments {
			r.quiet(fmt.Sprintf("%d/%d", n+1, moments))
		}
	}
}

// quiet lets what goes on come to its end, and looks.
func (r *run) quiet(name string) {
	r.breaker.mend()
	began := time.Now()
	r.gate.Lock()
	defer r.gate.Unlock()

	r.settle()
	r.sample(name)
	r.tally.quiet(time.Since(began))
}

// work is one worker of a client.
func (r *run) work(c *client, number int) {
	plan := newPlan(r.opts.Seed, c.index, number)
	for !r.over.Load() {
		s := plan.next()
		time.Sleep(s.think)
		r.gate.RLock()
		l := c.life()
		began := time.Now()
		o := l.perform(s, mark(c.index, l.number, number, s.number))
		r.tally.count(s, time.Since(began), o)
		if took := time.Since(began); took > slow {
			r.trace("%s of %s took client %d %s: %s", s.kind, s.server.name, c.index, took.Round(time.Millisecond), o)
		}
		r.gate.RUnlock()
	}
}

// settle waits until all is as it should be without faults: every client gets
// an answer of every server, and every server has as many processes as that takes.
func (r *run) settle() {
	for _, c := range r.clients {
		for _, s := range servers {
			want := fmt.Sprintf(`{"settle":%d}`, c.index)
			testbed.Eventually(r.t, fmt.Sprintf("client %d has an answer of %s", c.index, s.name), func() bool {
				f, end := c.life().ask(mcp.ToolsCall, tool(s, "echo", want, ""))
				return end == "" && f.Err() == nil && has(f, want)
			})
		}
	}
	want := 0
	for _, s := range servers {
		want += s.processes()
	}
	testbed.Eventually(r.t, fmt.Sprintf("%d processes of servers, one loomd and %d proxies", want, clients), func() bool {
		return len(running(r.world, "mcp-fake")) == want && len(running(r.world, "loomd")) == 1 && len(running(r.world, "loom")) == clients
	})
	testbed.Eventually(r.t, fmt.Sprintf("%d sessions without a call", clients), func() bool {
		s := r.world.Status()
		return len(s.Sessions) == clients && !slices.ContainsFunc(s.Servers, func(s loomrpc.ServerStatus) bool {
			return slices.ContainsFunc(s.Instances, func(i loomrpc.Instance) bool { return i.InFlight+i.Queued > 0 })
		})
	})
}

// watch looks all the time for processes that nobody owns.
func (r *run) watch() (stop func()) {
	end := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		orphans := map[int]time.Time{}
		for {
			select {
			case <-end:
				return
			case <-time.After(time.Second):
			}
			r.lookForOrphans(orphans)
		}
	})
	return func() {
		close(end)
		watching.Wait()
	}
}

// Limits of what may be there in the middle of a storm.
const (
	orphanLife = 10 * time.Second // a server may be without a loomd; loomd was killed a moment ago
	crowd      = 4                // times as many servers as in quiet: those that drain, and those that take their place
)

func (r *run) lookForOrphans(since map[int]time.Time) {
	if runtime.GOOS != "linux" {
		return
	}
	owners := map[int]bool{}
	for _, p := range running(r.world, "loomd") {
		owners[p.PID] = true
	}
	all := running(r.world, "mcp-fake")
	most := 0
	for _, s := range servers {
		most += crowd * s.processes()
	}
	r.tally.crowd(len(all))
	if len(all) > most {
		r.fault("%d servers run at once", len(all))
	}
	now := map[int]bool{}
	for _, p := range all {
		if up := parent(p.PID); up == 0 || owners[up] {
			continue
		}
		now[p.PID] = true
		if since[p.PID].IsZero() {
			since[p.PID] = time.Now()
		}
		if time.Since(since[p.PID]) > orphanLife {
			r.fault("a server has outlived its loomd by %s: %s", orphanLife, p)
			since[p.PID] = time.Now().Add(time.Hour) // said once
		}
	}
	for pid := range since {
		if !now[pid] {
			delete(since, pid)
		}
	}
}

// leave ends all clients and looks that nothing of them stays in loomd.
func (r *run) leave() {
	for _, c := range r.clients {
		c.life().Close()
	}
	testbed.Eventually(r.t, "no session is left", func() bool { return len(r.world.Status().Sessions) == 0 })
	testbed.Eventually(r.t, "no server of a session is left", func() bool {
		for _, s := range servers {
			if s.share == "session" && len(r.world.Server(s.name).Instances) > 0 {
				return false
			}
		}
		return true
	})
}
