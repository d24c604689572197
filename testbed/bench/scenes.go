package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scene is a figure that is no load: what happened, how long it took or how
// much it held, and what to hold it against.
type scene struct{ what, figure, beside string }

// scenesRow is the name of what [world.scenes] measures.
var scenesRow = fmt.Sprintf("a hub with %d servers", manyServers)

// manyServers are registered in the hub of the scenes.
const manyServers = 20

// hub is a loomd of its own, with many servers.
type hub struct {
	w                *world
	socket, registry string
	loomd            *process
}

// scenes measures what a user waits for beside calls: the first list, another
// client, a server that died, calls that take their time.
func (w *world) scenes(ctx context.Context, rounds int) ([]scene, error) {
	many := &world{dir: filepath.Join(w.dir, "many"), bin: w.bin, self: w.self} // one loomd to a home
	if err := os.Mkdir(many.dir, 0o700); err != nil {
		return nil, err
	}
	defer many.close()
	h := &hub{w: many, socket: filepath.Join(many.dir, "loom.sock"), registry: filepath.Join(many.dir, "registry.yaml")}
	var entries strings.Builder
	entries.WriteString("version: 1\nservers:\n")
	for n := range manyServers {
		concurrency := 16
		if n == 1 {
			concurrency = 1
		}
		fmt.Fprintf(&entries, "  s%d: {command: %s, args: [%s], share: global, concurrency: %d, env: {N: \"%d\"}}\n", n, w.self, roleServer, concurrency, n)
	}
	if err := os.WriteFile(h.registry, []byte(entries.String()), 0o600); err != nil {
		return nil, err
	}
	if err := h.learn(ctx); err != nil {
		return nil, err
	}
	var direct, first, second []time.Duration
	for range rounds {
		took, err := h.open("server", w.self, roleServer)
		if err != nil {
			return nil, err
		}
		direct = append(direct, took)
		h.loomd.stop()
		if err := h.start(ctx); err != nil {
			return nil, err
		}
		for _, to := range []*[]time.Duration{&first, &second} {
			took, err := h.openLoom()
			if err != nil {
				return nil, err
			}
			*to = append(*to, took)
		}
	}
	if running := len(children(h.loomd.cmd.Process.Pid)); running > 0 {
		return nil, fmt.Errorf("a list started %d servers", running)
	}
	out := []scene{
		{"initialize and tools/list, none running, the proxy's start included", show(middle(first)), "a direct server, its start included: " + show(middle(direct))},
		{"the same for the next client", show(middle(second)), ""},
	}
	if rss, private, err := smaps(h.loomd.cmd.Process.Pid); err == nil {
		out = append(out, scene{"loomd, private memory", fmt.Sprintf("%.1f MiB", float64(private)/1024), fmt.Sprintf("RSS %.1f MiB", float64(rss)/1024)})
	}
	c, p, err := h.client()
	if err != nil {
		return nil, err
	}
	defer p.stop()
	if rss, private, err := smaps(p.cmd.Process.Pid); err == nil {
		out = append(out, scene{"a further proxy, private memory", fmt.Sprintf("%.1f MiB", float64(private)/1024), fmt.Sprintf("RSS %.1f MiB", float64(rss)/1024)})
	}
	crash, err := h.crashes(c, rounds)
	if err != nil {
		return nil, err
	}
	out = append(out, scene{"the next call after a crash", show(crash), "with the server's start"})
	for _, one := range []struct{ prefix, what string }{{"s0__", "concurrency 16"}, {"s1__", "concurrency: 1"}} {
		c.tool = one.prefix
		took, err := c.together(10, 100*time.Millisecond)
		if err != nil {
			return nil, err
		}
		out = append(out, scene{"ten calls of 100 ms at once, " + one.what, show(took), ""})
	}
	return append(out, w.peak()...), nil
}

func middle(all []time.Duration) time.Duration {
	return median(all, func(d time.Duration) time.Duration { return d })
}

func (h *hub) start(ctx context.Context) (err error) {
	h.loomd, err = h.w.start("loomd", filepath.Join(h.w.bin, "loomd"), "--socket", h.socket, "--registry", h.registry, "--metrics", "off", "--log-level", "warn")
	if err != nil {
		return err
	}
	return appears(ctx, h.socket)
}

// learn starts every server once, so that the catalog has them.
func (h *hub) learn(ctx context.Context) error {
	if err := h.start(ctx); err != nil {
		return err
	}
	for range 200 {
		c, p, err := h.client()
		if err != nil {
			return err
		}
		n, err := c.tools()
		p.stop()
		if err != nil {
			return err
		}
		if n >= manyServers*10 {
			return nil
		}
	}
	return fmt.Errorf("the servers were not learnt")
}

// client opens a client of the hub.
func (h *hub) client() (*client, *process, error) {
	p, err := h.w.start("loom proxy", filepath.Join(h.w.bin, "loom"), "proxy", "--socket", h.socket, "--registry", h.registry)
	if err != nil {
		return nil, nil, err
	}
	c := newClient("Loom", "s0__", p.stdin, p.stdout)
	return c, p, c.open()
}

func (h *hub) openLoom() (time.Duration, error) {
	return h.open("loom proxy", filepath.Join(h.w.bin, "loom"), "proxy", "--socket", h.socket, "--registry", h.registry)
}

// open starts a process and times it until the tools are listed.
func (h *hub) open(name, command string, args ...string) (time.Duration, error) {
	begin := time.Now()
	p, err := h.w.start(name, command, args...)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	err = newClient(name, "", p.stdin, p.stdout).open()
	return time.Since(begin), err
}

// crashes times the call after one that killed its server.
func (h *hub) crashes(c *client, rounds int) (time.Duration, error) {
	var all []time.Duration
	for range rounds {
		if err := c.send(c.callFrame(1, "crash", "{}")); err != nil {
			return 0, err
		}
		if _, _, err := c.answer(); err == nil {
			return 0, fmt.Errorf("a server that ended answered")
		}
		begin := time.Now()
		if err := c.send(c.callFrame(1, "echo", smallArguments)); err != nil {
			return 0, err
		}
		if _, _, err := c.answer(); err != nil {
			return 0, err
		}
		all = append(all, time.Since(begin))
	}
	return middle(all), nil
}

// together sends n calls of that length at once and waits for all.
func (c *client) together(n int, each time.Duration) (time.Duration, error) {
	if err := c.send(c.callFrame(1, "echo", "{}")); err != nil { // the server's start is not in it
		return 0, err
	}
	if _, _, err := c.answer(); err != nil {
		return 0, err
	}
	begin := time.Now()
	for id := range n {
		if err := c.send(c.callFrame(id, "sleep", `{"ms":`+strconv.FormatInt(each.Milliseconds(), 10)+`}`)); err != nil {
			return 0, err
		}
	}
	for range n {
		if _, _, err := c.answer(); err != nil {
			return 0, err
		}
	}
	return time.Since(begin), nil
}

// peak is what the loomd of the loads held at most, the big results included.
func (w *world) peak() []scene {
	i := slices.IndexFunc(w.processes, func(p *process) bool { return p.name == "loomd" })
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(w.processes[i].cmd.Process.Pid), "status"))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(raw)) {
		var kib int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return []scene{{"loomd's peak over all loads and results of 8 MiB", fmt.Sprintf("%.1f MiB", float64(kib)/1024), "RSS"}}
		}
	}
	return nil
}
