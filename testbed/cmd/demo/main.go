// Command demo shows in six lines what Loom promises, on real processes: it
// builds loom, loomd and mcp-git, lets two MCP clients work with the repository
// that it is started in, and kills what can be killed meanwhile. It fails when
// one of the six is not so.
//
// Everything happens in a home directory and at a socket of its own, which are
// gone afterwards, as are all processes: also after ^C, and after a failure.
//
// Usage, from the top of the source tree:
//
//	go run ./testbed/cmd/demo [--bin DIR]
//
// With --bin the binaries in DIR are used and nothing is built.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() { os.Exit(run()) }

func run() int {
	bin := flag.String("bin", "", "use the binaries in `DIR` instead of building them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	defer stop()

	s := newStage()
	s.play(ctx, func() {
		dir := *bin
		if dir == "" {
			dir = build(ctx, s)
		}
		began := time.Now()
		perform(s, dir)
		s.took = time.Since(began)
	})
	if ctx.Err() != nil {
		fmt.Fprintln(os.Stderr, "\ndemo: interrupted; nothing is left behind")
		return 130
	}
	if s.Failed() {
		fmt.Fprintf(os.Stderr, "demo: %s\n", s.faults())
		return 1
	}
	fmt.Printf("\nAll six hold (%.1f s), and nothing is left behind. What to type next:\n\n%s", s.took.Seconds(), next)
	return 0
}

const next = `  make install        loom, loomd and the servers into ~/.local/bin
  loom enable git     switch on a server that comes with Loom
  loom start          learn its tools
  loom config-line    what goes into your client's config
`
