package cell

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"
)

// grace is how long a cell may take to end what runs in it: killing and reaping a
// few hundred processes is a matter of milliseconds.
const grace = 10 * time.Second

// Options say what a cell is. Program is required, the rest may be left out.
type Options struct {
	Program string   // the binary of cmd/cell
	Env     []string // the environment of the cell itself
	Log     string   // file for what the cell itself has to say
	Groups  []string // control groups to remove when all has ended
	Discard []string // files and folders to remove then

	// The others are for an isolated cell, with namespaces of its own.
	Isolated bool
	Hide     []string          // folders of the machine that are empty in it
	Show     map[string]string // by where they are seen in it, folders of the machine
	Address  string            // an IPv4 address for its loopback device

	// Connections that Listener accepts, outside, are passed to the address
	// Forward, inside.
	Listener *net.TCPListener
	Forward  string
}

// Cell is a running cell. Its methods may be called by several goroutines at once.
type Cell struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	log string

	done chan struct{} // closed when it has ended
	stop sync.Once

	mu       sync.Mutex
	last     int
	programs map[int]*Process // by id, those that have not ended
}

// Process is a program in a cell.
type Process struct {
	Name    string
	started chan error
	ended   chan struct{}
	state   string // valid once ended is closed; empty: success
}

// Ended is closed when the program has ended, or the cell.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Err says how the program ended. It is nil while it runs and after a success.
func (p *Process) Err() error {
	select {
	case <-p.ended:
		if p.state != "" {
			return fmt.Errorf("%s ended: %s", p.Name, p.state)
		}
	default:
	}
	return nil
}

// Start starts a cell and waits until programs can be run in it.
func Start(o Options) (*Cell, error) {
	c := &Cell{
		cmd: exec.Command(o.Program), log: o.Log,
		done: make(chan struct{}), programs: map[int]*Process{},
	}
	c.cmd.Env = o.Env
	c.cmd.SysProcAttr = attributes(o.Isolated)
	if o.Log != "" {
		log, err := os.Create(o.Log)
		if err != nil {
			return nil, fmt.Errorf("making the log of a cell: %w", err)
		}
		defer log.Close()
		c.cmd.Stderr = log
	}
	if o.Listener != nil {
		file, err := o.Listener.File()
		if err != nil {
			return nil, fmt.Errorf("handing a listener to a cell: %w", err)
		}
		defer file.Close()
		c.cmd.ExtraFiles = []*os.File{file} // descriptor 3
	}
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.in = in
	ready := &Process{Name: "cell", started: make(chan error, 1), ended: make(chan struct{})}
	c.programs[0] = ready
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a cell: %w", err)
	}
	go c.listen(out) // ends with the cell
	s := setup{Isolated: o.Isolated, Hide: o.Hide, Show: o.Show, Address: o.Address, Forward: o.Forward, Groups: o.Groups, Discard: o.Discard}
	if _, err := in.Write(line(s)); err != nil {
		c.Stop()
		return nil, fmt.Errorf("setting up a cell: %w", err)
	}
	if err := ready.wait(context.Background()); err != nil {
		c.Stop()
		return nil, fmt.Errorf("setting up a cell: %w", err)
	}
	return c, nil
}

// PID is the cell's process id. All that runs in the cell ends with that process.
func (c *Cell) PID() int { return c.cmd.Process.Pid }

// Done is closed when the cell has ended.
func (c *Cell) Done() <-chan struct{} { return c.done }

// Go starts a program in the cell.
func (c *Cell) Go(ctx context.Context, s Spec) (*Process, error) {
	p := &Process{Name: s.Name, started: make(chan error, 1), ended: make(chan struct{})}
	if err := c.ask(p, s); err != nil {
		return nil, fmt.Errorf("starting %s: %w", s.Name, err)
	}
	if err := p.wait(ctx); err != nil {
		return nil, fmt.Errorf("starting %s: %w", s.Name, err)
	}
	return p, nil
}

// Run runs a program in the cell to its end.
func (c *Cell) Run(ctx context.Context, s Spec) error {
	p, err := c.Go(ctx, s)
	if err != nil {
		return err
	}
	select {
	case <-p.ended:
		return p.Err()
	case <-ctx.Done():
		return fmt.Errorf("waiting for %s: %w", s.Name, ctx.Err())
	}
}

// Stop ends all that runs in the cell, and the cell. It returns when the cell's
// process has gone, which is after all others of an isolated one. It may be called
// more than once.
func (c *Cell) Stop() error {
	c.stop.Do(func() { c.in.Close() })
	select {
	case <-c.done:
		return nil
	case <-time.After(grace):
	}
	c.cmd.Process.Kill()
	select {
	case <-c.done:
		return nil
	case <-time.After(grace):
		return fmt.Errorf("process %d, the cell, was killed and does not end: a program in it hangs in the kernel", c.PID())
	}
}

// ask sends a request for p.
func (c *Cell) ask(p *Process, s Spec) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.programs == nil {
		return fmt.Errorf("the cell has ended")
	}
	c.last++
	c.programs[c.last] = p
	_, err := c.in.Write(line(request{ID: c.last, Spec: s}))
	return err
}

// listen takes the reports of the cell until it ends.
func (c *Cell) listen(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var r report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			break // not ours any more
		}
		c.take(r)
	}
	c.cmd.Wait()
	state := fmt.Sprintf("its cell ended (%v)", c.cmd.ProcessState)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.programs {
		p.end(state)
	}
	c.programs = nil
	close(c.done)
}

func (c *Cell) take(r report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.programs[r.ID]
	switch {
	case p == nil:
	case r.Error != "":
		delete(c.programs, r.ID)
		p.started <- fmt.Errorf("%s", r.Error)
	case r.Ended != "":
		delete(c.programs, r.ID)
		if r.Ended == succeeded {
			r.Ended = ""
		}
		p.end(r.Ended)
	default:
		p.started <- nil
	}
}

// end is called once, by whoever took p out of the cell's programs.
func (p *Process) end(state string) {
	p.state = state
	close(p.ended)
}

// wait waits until the program was started.
func (p *Process) wait(ctx context.Context) error {
	select {
	case err := <-p.started:
		return err
	case <-p.ended:
		select {
		case err := <-p.started: // it was, and ended at once
			return err
		default:
			return p.Err()
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}
