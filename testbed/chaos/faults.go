package chaos

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// fault is one thing that breaks. Those of loomd come in the first part of a run
// alone, so that one loomd lives long enough to be seen leaking.
type fault struct {
	name   string
	weight int
	loomd  bool
	do     func(*breaker)
}

var faults = []fault{
	{"kill -9 server", 10, false, func(b *breaker) { b.endServer(syscall.SIGKILL) }},
	{"SIGTERM server", 4, false, func(b *breaker) { b.endServer(syscall.SIGTERM) }},
	{"SIGSTOP server", 5, false, (*breaker).freezeServer},
	{"kill -9 proxy", 4, false, func(b *breaker) { b.endProxy(syscall.SIGKILL) }},
	{"SIGTERM proxy", 2, false, func(b *breaker) { b.endProxy(syscall.SIGTERM) }},
	{"SIGSTOP proxy", 2, false, (*breaker).freezeProxy},
	{"server crashes", 4, false, func(b *breaker) { b.misbehave("crash", "{}") }},
	{"half a frame", 4, false, func(b *breaker) { b.misbehave("half", "{}") }},
	{"slow stdin", 3, false, func(b *breaker) { b.misbehave("slow_stdin", b.numbers("ms", 600)) }},
	{"noise", 2, false, func(b *breaker) { b.misbehave("noise", "{}") }},
	{"flood", 2, false, func(b *breaker) { b.misbehave("flood", b.numbers("n", 5000)) }},
	{"flood of stderr", 2, false, func(b *breaker) { b.misbehave("flood_stderr", b.numbers("n", 2000)) }},
	{"lists change", 2, false, func(b *breaker) { b.misbehave("grow", "{}") }},
	{"registry changes", 6, false, (*breaker).changeRegistry},
	{"registry breaks", 2, false, (*breaker).breakRegistry},
	{"loom restart", 4, false, func(b *breaker) { b.w.Loom("restart", b.server().name) }},
	{"kill -9 loomd", 6, true, func(b *breaker) { b.endLoomd(syscall.SIGKILL) }},
	{"SIGTERM loomd", 3, true, func(b *breaker) { b.endLoomd(syscall.SIGTERM) }},
	{"SIGSTOP loomd", 3, true, (*breaker).freezeLoomd},
	{"loom stop", 3, true, (*breaker).stopLoomd},
}

// breaker does the faults, one after another. What one of them has to undo
// later goes on beside it.
type breaker struct {
	run    *run
	w      *testbed.World
	dice   *rand.Rand
	habits map[string][]string // of each server, now
	extra  int

	later  sync.WaitGroup
	mu     sync.Mutex
	frozen map[int]bool // processes that were stopped, by id
}

func newBreaker(r *run) *breaker {
	return &breaker{run: r, w: r.world, dice: rand.New(rand.NewPCG(r.opts.Seed, 1<<63)), habits: map[string][]string{}, frozen: map[int]bool{}}
}

// next does one fault. What is drawn does not depend on what is there, so that
// a seed gives the same faults each time.
func (b *breaker) next(loomd bool) {
	total := 0
	for _, f := range faults {
		if loomd || !f.loomd {
			total += f.weight
		}
	}
	at := b.dice.IntN(total)
	for _, f := range faults {
		if f.loomd && !loomd {
			continue
		}
		if at -= f.weight; at < 0 {
			b.run.tally.broke(f.name)
			b.run.trace("%s", f.name)
			f.do(b)
			return
		}
	}
}

func (b *breaker) server() server { return servers[b.dice.IntN(len(servers))] }

func (b *breaker) client() *client { return b.run.clients[b.dice.IntN(clients)] }

// pause is up to so many milliseconds.
func (b *breaker) pause(ms int) time.Duration {
	return time.Duration(1+b.dice.IntN(ms)) * time.Millisecond
}

func (b *breaker) numbers(name string, most int) string {
	return fmt.Sprintf(`{"%s":%d,"bytes":100}`, name, 1+b.dice.IntN(most))
}

// process is a process of a program, or none when there is none now.
func (b *breaker) process(name, with string) (pid int, ok bool) {
	at := b.dice.IntN(1 << 20)
	all := running(b.w, name)
	some := all[:0]
	for _, p := range all {
		if strings.Contains(p.Args, with) {
			some = append(some, p)
		}
	}
	if len(some) == 0 {
		return 0, false
	}
	return some[at%len(some)].PID, true
}

// signal sends a signal to a process of the world, which may have ended.
func signal(pid int, s syscall.Signal) { syscall.Kill(pid, s) }

func (b *breaker) endServer(s syscall.Signal) {
	of := b.server()
	if pid, ok := b.process("mcp-fake", "-name "+of.name+" "); ok {
		signal(pid, s)
		if of.processes() == 1 && s == syscall.SIGKILL { // else others of it go on
			b.probe("server", of)
		}
	}
}

func (b *breaker) endLoomd(s syscall.Signal) {
	if pid, ok := b.process("loomd", ""); ok {
		signal(pid, s)
		if s == syscall.SIGKILL {
			b.probe("loomd", servers[0])
		}
	}
}

// probe has every client call a server until it answers, to see how long that
// takes after a kill.
func (b *breaker) probe(what string, s server) {
	killed := time.Now()
	for _, c := range b.run.clients {
		b.later.Go(func() {
			for time.Since(killed) < bound {
				if f, end := c.life().ask(mcp.ToolsCall, tool(s, "pid", "{}", "")); end == "" && f.Err() == nil {
					b.run.tally.back(what, time.Since(killed))
					return
				}
			}
			b.run.fault("client %d has had no answer of %s for %s since a %s was killed", c.index, s.name, bound, what)
		})
	}
}

func (b *breaker) stopLoomd() {
	if o := b.w.Loom("stop"); o.Code != 0 {
		b.run.fault("loom stop: exit status %d: %s", o.Code, o.Stderr)
	}
}

// freeze stops a process for a while.
func (b *breaker) freeze(pid int, d time.Duration) {
	b.mu.Lock()
	b.frozen[pid] = true
	b.mu.Unlock()
	b.run.trace("process %d is stopped for %s", pid, d)
	signal(pid, syscall.SIGSTOP)
	b.later.Go(func() {
		time.Sleep(d)
		b.thaw(pid)
	})
}

func (b *breaker) thaw(pid int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.frozen[pid] {
		delete(b.frozen, pid)
		signal(pid, syscall.SIGCONT)
	}
}

// mend undoes what will not mend itself, and waits for what goes on beside.
func (b *breaker) mend() {
	b.mu.Lock()
	var all []int
	for pid := range b.frozen {
		all = append(all, pid)
	}
	b.mu.Unlock()
	for _, pid := range all {
		b.thaw(pid)
	}
	b.later.Wait()
}

func (b *breaker) freezeServer() {
	of, d := b.server(), b.pause(3000)
	if pid, ok := b.process("mcp-fake", "-name "+of.name+" "); ok {
		b.freeze(pid, d)
	}
}

func (b *breaker) freezeProxy() {
	c, d := b.client(), b.pause(2000)
	b.freeze(c.life().PID(), d)
}

// freezeLoomd waits until loomd goes on: a kill meanwhile would be another fault.
func (b *breaker) freezeLoomd() {
	d := b.pause(1500)
	if pid, ok := b.process("loomd", ""); ok {
		b.freeze(pid, d)
		time.Sleep(d)
		b.thaw(pid)
	}
}

// endProxy ends a client's proxy; the client starts another one.
func (b *breaker) endProxy(s syscall.Signal) {
	c := b.client()
	l := c.life()
	b.thaw(l.PID())
	l.End(s)
	c.start()
}

// misbehave has a server do it, by a call of a client.
func (b *breaker) misbehave(name, arguments string) {
	c, s := b.client(), b.server()
	l := c.life()
	b.later.Go(func() {
		l.ask(mcp.ToolsCall, tool(s, name, arguments, `,"_meta":{"io.modelcontextprotocol/logLevel":"info"}`))
	})
}

// changeRegistry gives a server other arguments.
func (b *breaker) changeRegistry() {
	s := b.server()
	b.extra++
	b.habits[s.name] = append([]string{"-extra", strconv.Itoa(b.extra % 5)}, [][]string{
		nil, {"-reorder", "20ms"}, {"-stray", "-twice"}, {"-twice", "-reorder", "5ms"}, {"-start-wait", "150ms"}, {"-wild-progress"}, {"-early", "-pages", "3"},
	}[b.dice.IntN(7)]...)
	writeRegistry(b.w, b.habits, "")
	b.w.Loom("reload") // there may be no loomd; the next one reads it
}

// breakRegistry writes a registry with a mistake. It must change nothing.
func (b *breaker) breakRegistry() {
	writeRegistry(b.w, nil, "  broken: {comand: nothing\n")
	if o := b.w.Loom("reload"); o.Code == 0 {
		b.run.fault("loom reload takes a broken registry: %s", o.Stdout)
	}
	writeRegistry(b.w, b.habits, "")
	b.w.Loom("reload")
}
