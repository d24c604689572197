package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// load is one kind of work.
type load struct{ clients, inFlight int }

func (l load) String() string {
	if l.clients == 1 {
		return fmt.Sprintf("1 client, %d in flight", l.inFlight)
	}
	return fmt.Sprintf("%d clients, %d in flight each", l.clients, l.inFlight)
}

// maxClients are opened on every line at the start.
const maxClients = 8

var loads = []load{{1, 1}, {1, 8}, {1, 64}, {maxClients, 1}, {maxClients, 8}}

// figures are the medians over the rounds.
type figures struct {
	p50, p95 time.Duration
	rate     float64       // calls per second
	cpu      time.Duration // per call, of all processes between client and server; 0 if unknown
}

// measured holds one load's figures, in the order of the lines.
type measured struct {
	load  load
	lines []figures
}

// measure lets the lines work in turns: a busy moment of the machine falls on
// one round of one line, and the median drops it.
func measure(ctx context.Context, lines []*line, l load, o options) (measured, error) {
	rounds := make([][]figures, len(lines))
	for round := range o.rounds {
		for i := range lines {
			i = (i + round) % len(lines) // nobody is always the first
			f, err := lines[i].work(ctx, l, o.slice)
			if err != nil {
				return measured{}, err
			}
			rounds[i] = append(rounds[i], f)
		}
	}
	m := measured{load: l}
	for _, r := range rounds {
		m.lines = append(m.lines, figures{
			p50:  median(r, func(f figures) time.Duration { return f.p50 }),
			p95:  median(r, func(f figures) time.Duration { return f.p95 }),
			rate: median(r, func(f figures) float64 { return f.rate }),
			cpu:  median(r, func(f figures) time.Duration { return f.cpu }),
		})
	}
	return m, nil
}

// work puts one load on one line.
func (l *line) work(ctx context.Context, load load, slice time.Duration) (figures, error) {
	took := make([][]time.Duration, load.clients)
	errs := make([]error, load.clients)
	var wg sync.WaitGroup
	cpu, start := l.cpu(), time.Now()
	for i := range load.clients {
		wg.Go(func() { took[i], errs[i] = l.clients[i].load(ctx, load.inFlight, slice) })
	}
	wg.Wait()
	elapsed := time.Since(start)
	cpu = l.cpu() - cpu
	for _, err := range errs {
		if err != nil {
			return figures{}, err
		}
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	return figures{p50: all[len(all)/2], p95: all[len(all)*95/100], rate: float64(len(all)) / elapsed.Seconds(), cpu: cpu / time.Duration(len(all))}, nil
}

// bigRow is the name of what [measureBig] measures.
var bigRow = fmt.Sprintf("a result of %d MiB", bigBytes>>20)

func measureBig(ctx context.Context, lines []*line, rounds int) ([]time.Duration, error) {
	took := make([][]time.Duration, len(lines))
	for range rounds {
		for i, l := range lines {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			d, err := l.clients[0].big()
			if err != nil {
				return nil, err
			}
			took[i] = append(took[i], d)
		}
	}
	var out []time.Duration
	for _, t := range took {
		out = append(out, median(t, func(d time.Duration) time.Duration { return d }))
	}
	return out, nil
}

func median[T any, V time.Duration | float64](values []T, of func(T) V) V {
	var all []V
	for _, v := range values {
		all = append(all, of(v))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
