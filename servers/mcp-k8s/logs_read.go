package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loom-core/loom/servers/kube/cluster"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What is read of logs at most, for one call.
const (
	maxScan     = 64 << 20
	maxScanTime = 10 * time.Second
	maxLine     = 64 << 10 // of which the rest is dropped
)

// line is one of a log.
type line struct {
	at    time.Time
	from  int // of the sources
	text  string
	times int // how often, when it stands for several
}

// reading is the logs of one call.
type reading struct {
	cluster   *cluster.Cluster
	namespace string
	sieve     sieve
	since     time.Time
	previous  bool
	keep      int // lines, in all

	mu               sync.Mutex
	lines            []line
	warnings         []string
	errs             []error
	scanned, matched int
	bytes            atomic.Int64
	cut              bool // not all was read
}

func (r *reading) read(ctx context.Context, sources []source) {
	began := time.Now()
	fanOut(len(sources), func(i int) {
		s := sources[i]
		options := &corev1.PodLogOptions{Container: s.container, Timestamps: true, Previous: r.previous}
		if !r.sieve.searching {
			n := int64(r.keep)
			options.TailLines = &n
		}
		if !r.since.IsZero() {
			at := metav1.NewTime(r.since)
			options.SinceTime = &at
		}
		stream, err := r.cluster.Typed().CoreV1().Pods(r.namespace).GetLogs(s.pod, options).Stream(ctx)
		if err != nil {
			r.tell(s, err)
			return
		}
		defer stream.Close()
		r.scan(stream, i, began)
	})
	slices.SortStableFunc(r.lines, func(a, b line) int { return cmp.Or(a.at.Compare(b.at), a.from-b.from) })
}

func (r *reading) tell(s source, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
	r.warnings = append(r.warnings, fmt.Sprintf("%s/%s: %v", s.pod, s.container, err))
}

// scan keeps the last lines of one log that the sieve takes, with those around.
func (r *reading) scan(stream io.Reader, from int, began time.Time) {
	in := bufio.NewReaderSize(stream, 32<<10)
	var kept ring
	kept.size = r.keep
	var before []line // not taken, may be needed as context
	after, scanned, matched := 0, 0, 0
	cut := false
	for {
		text, n, err := readLine(in)
		total := r.bytes.Add(int64(n))
		if n > 0 {
			scanned++
			l := line{from: from, text: text}
			l.at, l.text = stamped(text)
			switch {
			case r.sieve.takes(l.text):
				matched++
				for _, b := range before {
					kept.add(b)
				}
				before = before[:0]
				kept.add(l)
				after = r.sieve.around
			case after > 0:
				after--
				kept.add(l)
			case r.sieve.around > 0:
				if len(before) == r.sieve.around {
					before = slices.Delete(before, 0, 1)
				}
				before = append(before, l)
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				cut = true
			}
			break
		}
		if total > maxScan || time.Since(began) > maxScanTime {
			cut = true
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, kept.lines()...)
	r.scanned += scanned
	r.matched += matched
	r.cut = r.cut || cut
}

// readLine reads a line without its end. n is what it had, with what was dropped.
func readLine(in *bufio.Reader) (text string, n int, err error) {
	var b []byte
	for {
		part, err := in.ReadSlice('\n')
		n += len(part)
		if room := maxLine - len(b); room > 0 {
			b = append(b, part[:min(len(part), room)]...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return strings.TrimRight(string(b), "\r\n"), n, err
		}
	}
}

// stamped takes the time off that the kubelet puts before a line.
func stamped(text string) (time.Time, string) {
	stamp, rest, _ := strings.Cut(text, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return time.Time{}, text
	}
	return at, rest
}

// ring is the last lines that were added.
type ring struct {
	size int
	all  []line
	next int
}

func (r *ring) add(l line) {
	if len(r.all) < r.size {
		r.all = append(r.all, l)
		return
	}
	r.all[r.next] = l
	r.next = (r.next + 1) % r.size
}

func (r *ring) lines() []line { return append(r.all[r.next:len(r.all):len(r.all)], r.all[:r.next]...) }
