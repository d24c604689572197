package main

import (
	"fmt"
	"io"
	"runtime"
	"time"
)

// report is everything of one run; its lines are direct, relay and Loom.
type report struct {
	rounds int
	slice  time.Duration
	took   time.Duration
	loads  []measured
	big    []time.Duration
	memory []memory
	scenes []scene
}

// print writes Markdown, ready for an issue or a commit.
func (r report) print(w io.Writer) {
	fmt.Fprintf(w, "Medians of %d rounds of %v, %s, %s/%s, %d CPUs, %v in all.\n", r.rounds, r.slice, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), r.took.Round(time.Second))
	fmt.Fprintln(w, "direct and relay start a server for each client; Loom shares one.")

	fmt.Fprintln(w, "CPU per call is that of the processes between client and server.")
	fmt.Fprintln(w, "\n| small calls | | direct | relay | Loom | Loom : direct | Loom : relay | over the relay |")
	fmt.Fprintln(w, "|---|---|---:|---:|---:|---:|---:|---:|")
	for _, m := range r.loads {
		d, b, l := m.lines[0], m.lines[1], m.lines[2]
		times(w, m.load.String(), "p50", d.p50, b.p50, l.p50)
		times(w, "", "p95", d.p95, b.p95, l.p95)
		fmt.Fprintf(w, "| | calls/s | %.0f | %.0f | %.0f | %.2f | %.2f | |\n", d.rate, b.rate, l.rate, l.rate/d.rate, l.rate/b.rate)
		if l.cpu > 0 {
			fmt.Fprintf(w, "| | CPU per call | | %s | %s | | %.2f | %s |\n", show(b.cpu), show(l.cpu), float64(l.cpu)/float64(b.cpu), show(l.cpu-b.cpu))
		}
	}
	if len(r.big) > 0 {
		times(w, bigRow, "time", r.big[0], r.big[1], r.big[2])
	}

	if len(r.scenes) > 0 {
		fmt.Fprintf(w, "\n| with %d servers registered | | |\n|---|---:|---|\n", manyServers)
		for _, s := range r.scenes {
			fmt.Fprintf(w, "| %s | %s | %s |\n", s.what, s.figure, s.beside)
		}
	}
	if len(r.memory) == 0 {
		return
	}
	fmt.Fprintln(w, "\n| process, after the load | how many | RSS, smallest | RSS, largest | private, largest |")
	fmt.Fprintln(w, "|---|---:|---:|---:|---:|")
	for _, m := range r.memory {
		fmt.Fprintf(w, "| %s | %d | %.1f MiB | %.1f MiB | %.1f MiB |\n", m.name, m.count, float64(m.least)/1024, float64(m.rss)/1024, float64(m.private)/1024)
	}
}

func times(w io.Writer, load, what string, direct, relay, loom time.Duration) {
	fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %.2f | %.2f | %s |\n", load, what, show(direct), show(relay), show(loom),
		float64(loom)/float64(direct), float64(loom)/float64(relay), show(loom-relay))
}

func show(d time.Duration) string {
	if d >= 10*time.Millisecond || d <= -10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%d µs", d.Microseconds())
}
