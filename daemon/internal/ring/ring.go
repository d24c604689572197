// Package ring keeps the last lines that a process wrote, for errors, for
// `loom logs`, and for those who follow along.
package ring

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/loom-core/loom/daemon/internal/redact"
)

// Line is one line with the cursor after it.
type Line struct {
	Seq  int64 // counts from 1
	Time time.Time
	From string // who wrote it, where several write to one ring
	Text string
}

// Ring is a bounded list of lines. It is safe for concurrent use.
type Ring struct {
	mu    sync.Mutex
	max   int
	lines []Line
	size  int // bytes of their texts
	seq   int64
	known *redact.Set
	grown chan struct{} // closed and replaced when a line comes
}

// New keeps at most max lines, and of long ones fewer, without what known, which
// may be nil, knows.
func New(max int, known *redact.Set) *Ring {
	return &Ring{max: max, known: known, grown: make(chan struct{})}
}

// MaxLine is the longest line that is kept whole; a longer one is cut.
const MaxLine = 4 << 10

// maxBytes bounds the texts of a ring: there is one for each server, and twenty
// that flood are not to fill the memory.
const maxBytes = 512 << 10

// Add appends a line.
func (r *Ring) Add(from, text string) { r.add(from, r.known.Text(text)) }

// add appends a line that was masked. That comes before it is cut.
func (r *Ring) add(from, text string) {
	if len(text) > MaxLine {
		text = strings.ToValidUTF8(text[:MaxLine], "") + "…"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	if len(r.lines) == r.max || r.size+len(text) > maxBytes {
		r.forget()
	}
	r.size += len(text)
	r.lines = append(r.lines, Line{Seq: r.seq, Time: time.Now(), From: from, Text: text})
	close(r.grown)
	r.grown = make(chan struct{})
}

// forget drops a quarter of the lines, or of their bytes where that is more: in
// batches, not a copy per line. It is called with r.mu held.
func (r *Ring) forget() {
	n, keep := 0, min(r.size, maxBytes)*3/4
	for n < len(r.lines) && (n <= len(r.lines)/4 || r.size > keep) {
		r.size -= len(r.lines[n].Text)
		n++
	}
	kept := copy(r.lines, r.lines[n:])
	clear(r.lines[kept:]) // so that their texts can go
	r.lines = r.lines[:kept]
}

// Since returns the lines after cursor that are not older than since, and the
// cursor after the last line.
func (r *Ring) Since(cursor int64, since time.Time) ([]Line, int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Line
	for _, l := range r.lines {
		if l.Seq > cursor && !l.Time.Before(since) {
			out = append(out, l)
		}
	}
	return out, r.seq
}

// Wait returns when there is a line after cursor, or ctx has ended.
func (r *Ring) Wait(ctx context.Context, cursor int64) {
	for {
		r.mu.Lock()
		seq, grown := r.seq, r.grown
		r.mu.Unlock()
		if seq > cursor {
			return
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return
		}
	}
}

// Tail returns the texts of the last n lines of from.
func (r *Ring) Tail(from string, n int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for i := len(r.lines) - 1; i >= 0 && len(out) < n; i-- {
		if r.lines[i].From == from {
			out = append(out, r.lines[i].Text)
		}
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// Copy adds every line of src until it ends. Lines without end are cut, never
// collected.
func (r *Ring) Copy(from string, src io.Reader) {
	br := bufio.NewReaderSize(src, MaxLine)
	masked := r.known.Stream() // values do not end where lines and chunks do
	for {
		chunk, err := br.ReadSlice('\n')
		if text := bytes.TrimRight(chunk, "\r\n"); len(text) > 0 {
			r.add(from, strings.ToValidUTF8(masked.Text(string(text)), "�"))
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}
