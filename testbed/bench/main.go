// Command bench measures what Loom adds to a call: the same small call to the
// same server over three lines, in turns within one run, so that they share
// whatever else the machine does.
//
//	direct  client -> server
//	relay   client -> relay proxy -> unix socket -> relay daemon -> server
//	Loom    client -> loom proxy  -> unix socket -> loomd        -> server
//
// The relay has as many processes as Loom and only copies bytes: what it costs
// is the price of the processes, and the rest is Loom's own. The server is
// core/fakeserver; server and relay are this program, started again.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"github.com/loom-core/loom/core/fakeserver"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case roleServer:
			os.Exit(fakeserver.Main(nil))
		case roleRelayProxy:
			os.Exit(exit(relayProxy(os.Args[2])))
		case roleRelayDaemon:
			os.Exit(exit(relayDaemon(os.Args[2])))
		}
	}
	var o options
	flag.StringVar(&o.bin, "bin", "bin", "`DIR` with loom and loomd")
	flag.IntVar(&o.rounds, "rounds", 5, "turns of each line; the median counts")
	flag.DurationVar(&o.slice, "slice", 500*time.Millisecond, "length of one turn")
	only := flag.String("run", "", "only the rows that match `REGEXP`")
	flag.StringVar(&o.pids, "pids", "", "write the pids of Loom's processes to `FILE`, for a profiler")
	flag.Parse()
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		os.Exit(exit(fmt.Errorf("reading -run: %w", err)))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(exit(run(ctx, o)))
}

func exit(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

type options struct {
	bin    string
	rounds int
	slice  time.Duration
	pids   string
	only   *regexp.Regexp
}

func run(ctx context.Context, o options) (err error) {
	begin := time.Now()
	w, err := newWorld(o.bin)
	if err != nil {
		return err
	}
	defer w.close()
	lines, err := w.lines(ctx)
	if err != nil {
		return err
	}
	if o.pids != "" {
		if err := w.writePIDs(o.pids); err != nil {
			return err
		}
	}
	r := report{rounds: o.rounds, slice: o.slice}
	for _, load := range loads {
		if !o.only.MatchString(load.String()) {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench: %s\n", load)
		m, err := measure(ctx, lines, load, o)
		if err != nil {
			return err
		}
		r.loads = append(r.loads, m)
	}
	if o.only.MatchString(bigRow) {
		fmt.Fprintf(os.Stderr, "bench: %s\n", bigRow)
		if r.big, err = measureBig(ctx, lines, o.rounds); err != nil {
			return err
		}
	}
	r.memory = w.memory()
	if o.only.MatchString(scenesRow) {
		fmt.Fprintf(os.Stderr, "bench: %s\n", scenesRow)
		if r.scenes, err = w.scenes(ctx, o.rounds); err != nil {
			return err
		}
	}
	r.took = time.Since(begin)
	r.print(os.Stdout)
	return nil
}
