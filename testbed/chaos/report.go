package chaos

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// tally counts what happens.
type tally struct {
	began time.Time

	mu       sync.Mutex
	outcomes map[kind]map[outcome]int
	slowest  map[kind]time.Duration
	faults   map[string]int
	asked    struct{ routed, refused, wrong int }
	recovery map[string][]time.Duration // by what was killed
	most     int                        // servers at once
	paused   time.Duration
	took     time.Duration
}

func newTally() *tally {
	return &tally{began: time.Now(), outcomes: map[kind]map[outcome]int{}, slowest: map[kind]time.Duration{}, faults: map[string]int{}, recovery: map[string][]time.Duration{}}
}

// count notes the end of a step.
func (t *tally) count(s step, took time.Duration, o outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.outcomes[s.kind] == nil {
		t.outcomes[s.kind] = map[outcome]int{}
	}
	t.outcomes[s.kind][o]++
	t.slowest[s.kind] = max(t.slowest[s.kind], took)
}

// back notes how long after a kill a client had an answer again.
func (t *tally) back(what string, after time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.recovery[what] = append(t.recovery[what], after)
}

func (t *tally) broke(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults[name]++
}

func (t *tally) routed()     { t.mu.Lock(); defer t.mu.Unlock(); t.asked.routed++ }
func (t *tally) refusedOne() { t.mu.Lock(); defer t.mu.Unlock(); t.asked.refused++ }
func (t *tally) misrouted()  { t.mu.Lock(); defer t.mu.Unlock(); t.asked.wrong++ }
func (t *tally) crowd(n int) { t.mu.Lock(); defer t.mu.Unlock(); t.most = max(t.most, n) }

// quiet notes a time without calls.
func (t *tally) quiet(d time.Duration) { t.mu.Lock(); defer t.mu.Unlock(); t.paused += d }

func (t *tally) over() { t.took = time.Since(t.began) }

// report is all of it as tables.
func (r *run) report() string {
	t := r.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	table := func(f func(w *tabwriter.Writer)) {
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		f(w)
		w.Flush()
	}
	total, columns := 0, map[outcome]int{}
	for _, by := range t.outcomes {
		for o, n := range by {
			columns[o] += n
			total += n
		}
	}
	fmt.Fprintf(&b, "seed %d: %d calls in %s, %.0f a second\n\n", r.opts.Seed, total, t.took.Round(time.Second), float64(total)/(t.took-t.paused).Seconds())
	names := slices.SortedFunc(maps.Keys(columns), func(a, b outcome) int { return cmp.Or(columns[b]-columns[a], strings.Compare(string(a), string(b))) })
	table(func(w *tabwriter.Writer) {
		fmt.Fprint(w, "CALL")
		for _, o := range names {
			fmt.Fprintf(w, "\t%s", o)
		}
		fmt.Fprintln(w, "\tslowest")
		for _, k := range weights {
			fmt.Fprint(w, k.kind)
			for _, o := range names {
				fmt.Fprintf(w, "\t%d", t.outcomes[k.kind][o])
			}
			fmt.Fprintf(w, "\t%s\n", t.slowest[k.kind].Round(time.Millisecond))
		}
		fmt.Fprint(w, "all")
		for _, o := range names {
			fmt.Fprintf(w, "\t%d", columns[o])
		}
		fmt.Fprintln(w)
	})
	fmt.Fprintf(&b, "\nquestions: %d put to the right client, %d refused, %d put to another; at most %d servers at once\n\n", t.asked.routed, t.asked.refused, t.asked.wrong, t.most)
	table(func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "FAULT\ttimes")
		for _, f := range faults {
			fmt.Fprintf(w, "%s\t%d\n", f.name, t.faults[f.name])
		}
	})
	fmt.Fprintln(&b)
	table(func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "BACK AFTER kill -9\tclients\tp50\tp99\tmost")
		for _, what := range []string{"loomd", "server"} {
			all := slices.Sorted(slices.Values(t.recovery[what]))
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", what, len(all), percentile(all, 50), percentile(all, 99), percentile(all, 100))
		}
	})
	fmt.Fprintln(&b)
	table(func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "QUIET\tloomd\tfiles\tgoroutines\theap MB\tMB\tfiles of a proxy")
		for _, s := range r.samples {
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%.1f\t%.1f\t%d\n", s.name, s.loomd, s.files, s.goroutines, float64(s.heap)/1e6, float64(s.memory)/1e6, s.proxyFiles)
		}
	})
	if n := r.faults.Load(); n > 0 {
		fmt.Fprintf(&b, "\n%d things did not hold; again: make chaos SEED=%d DURATION=%s\n", n, r.opts.Seed, r.opts.Duration)
	}
	return b.String()
}

// percentile is of sorted times.
func percentile(all []time.Duration, p int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return all[min(len(all)-1, len(all)*p/100)].Round(time.Millisecond)
}
