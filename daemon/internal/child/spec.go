// Package child runs one MCP server as a process: it starts it, agrees on the
// protocol, writes requests to its stdin and matches the answers on its stdout,
// and ends it with everything that it started.
//
// One goroutine writes to a child and one reads from it, so that the byte
// stream is never mixed up, while many requests are in flight. Messages are
// spans to rewrite: the id, the tool's name and the progress token change, and
// every other byte stays. A child knows nothing of clients, names or policy;
// package pool decides when one lives.
package child

import (
	"context"
	"io"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/daemon/internal/ring"
)

// Era is which of MCP's two protocols a server speaks.
type Era string

// The eras. Unknown is asked for at the start.
const (
	Unknown Era = ""
	Legacy  Era = "legacy" // initialize, 2024-11-05 to 2025-11-25
	Modern  Era = "modern" // server/discover, 2026-07-28
)

// Spec is what a process is started from. Server, Path and Stderr are required.
type Spec struct {
	Server   string
	Path     string // of the binary, absolute
	Args     []string
	Env      []string // all of it: nothing is inherited
	Dir      string
	Era      Era // what worked the last time
	Prefer   Era // of a server that speaks both; Unknown is the newest
	MaxFrame int // bytes; 0 = jsonrpc.DefaultMaxFrame
	Version  string
	Stderr   *ring.Ring
	Timeouts Timeouts

	// Client is what the server is told of its client. The zero Client is Loom
	// itself, which can pass every kind of question on.
	Client Client
	// Bridge, if set, takes the place of a process: it carries the frames of in
	// and out until in ends, which is how a remote server is reached.
	Bridge func(ctx context.Context, in io.Reader, out io.Writer) error

	Handler Handler // optional

	// Began, if set, is called for each process that is started, before it is
	// spoken to. What it returns is called when that has ended, and may say why.
	// Neither may block for long.
	Began func(*Process) (ended func() (cause string))

	// Again, if set, is called when a server has ended at the question for its
	// era, before it is started once more with the same arguments.
	Again func()
}

// Client is what a legacy server is told at initialize. Members are raw JSON;
// empty ones are Loom's own.
type Client struct {
	Info         []byte
	Capabilities []byte
	Version      string // the newest revision to offer
}

// Handler gets what a server says of its own accord. Its methods run on the
// reader, in the order in which the frames came, and must not block.
type Handler interface {
	// Asked gets a request other than ping. Whoever takes it answers with
	// [Process.Reply].
	Asked(p *Process, frame []byte, m jsonrpc.Message, method string)
	// Told gets a notification other than progress.
	Told(p *Process, frame []byte, m jsonrpc.Message, method string)
	// Confused is called for an answer to an id that the server was never given.
	Confused(p *Process)
}

// Timeouts bound every wait. Zero fields take the defaults.
type Timeouts struct {
	Discover  time.Duration // for an answer to server/discover; 3s, as clients have it
	Handshake time.Duration // from the start to ready; 60s, since npx may first download the server
	Write     time.Duration // for a server that does not read its stdin; 10m, as long as a call may take
	Close     time.Duration // from closing stdin to SIGTERM; 2s
	Term      time.Duration // from SIGTERM to SIGKILL; 3s
	Drain     time.Duration // for what an ended process left in its pipes; 1s
}

func (t Timeouts) orDefaults() Timeouts {
	for _, d := range []struct {
		p *time.Duration
		v time.Duration
	}{
		{&t.Discover, 3 * time.Second}, {&t.Handshake, time.Minute}, {&t.Write, 10 * time.Minute},
		{&t.Close, 2 * time.Second}, {&t.Term, 3 * time.Second}, {&t.Drain, time.Second},
	} {
		if *d.p == 0 {
			*d.p = d.v
		}
	}
	return t
}
