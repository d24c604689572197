package flow

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// What a reader gathered is in the file when Flush returns: nobody else had to
// run for it.
func TestFlushWritesAtOnce(t *testing.T) {
	r, w := pipe(t)
	var left int
	q := NewQueue(w, func(n int) { left += n })
	var l List
	l.Open()
	q.Push(&l, []byte("one"))
	q.Push(&l, []byte("tw"), []byte("o"))
	l.Flush()
	w.Close()
	if got, _ := io.ReadAll(r); string(got) != "one\ntwo\n" || left != 8 {
		t.Errorf("got %q, %d bytes counted", got, left)
	}
}

// A list that nobody will flush is no promise.
func TestAClosedListWakesTheWriter(t *testing.T) {
	r, w := pipe(t)
	q := NewQueue(w, nil)
	done := make(chan error, 1)
	go func() { done <- q.Write(w) }()
	in := bufio.NewReader(r)
	var l List
	l.Open()
	l.Flush()
	for n, list := range []*List{nil, &l, {}} {
		want := strconv.Itoa(n)
		q.Push(list, []byte(want))
		if got, err := in.ReadString('\n'); err != nil || got != want+"\n" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	q.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// What does not fit is left to the writer, in its place, and Flush does not wait.
func TestWhatDoesNotFitIsTheWriters(t *testing.T) {
	r, w := pipe(t)
	var left atomic.Int64
	q := NewQueue(w, func(n int) { left.Add(int64(n)) })
	var want bytes.Buffer
	var l List
	push := func(list *List, size int) {
		frame := bytes.Repeat([]byte{byte('a' + want.Len()%26)}, size)
		want.Write(append(frame, '\n'))
		q.Push(list, frame[:size/2], frame[size/2:])
	}
	l.Open()
	for _, size := range []int{10, 100 << 10, 20, 300 << 10, 30} {
		push(&l, size)
	}
	l.Flush()
	if n := left.Load(); n == 0 || n >= int64(want.Len()) {
		t.Errorf("%d of %d bytes were written at once into a pipe that nobody reads", n, want.Len())
	}
	l.Open()
	push(&l, 40)
	l.Flush()
	push(nil, 50)
	done := make(chan error, 1)
	go func() { done <- q.Write(w); w.Close() }()
	q.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%d bytes of %d, or in another order; %v", len(got), want.Len(), err)
	}
	if err := <-done; err != nil || left.Load() != int64(want.Len()) {
		t.Errorf("%v, %d bytes counted of %d", err, left.Load(), want.Len())
	}
}

// Readers, the writer and a slow other end at once: every frame arrives once,
// whole, and those of one pusher in their order.
func TestOrder(t *testing.T) {
	r, w := pipe(t)
	q := NewQueue(w, nil)
	done := make(chan error, 1)
	go func() { done <- q.Write(w) }()
	const pushers, frames = 4, 400
	var wg sync.WaitGroup
	for p := range pushers {
		wg.Go(func() {
			var l List
			list := &l
			if p == 0 {
				list = nil // no reader
			}
			for n := range frames {
				l.Open()
				q.Push(list, fmt.Appendf(nil, "%d %d ", p, n), []byte(strings.Repeat("x", n%500*(n%7/6*100+1))))
				if n%(p+2) == 0 {
					l.Flush()
				}
			}
			l.Flush()
		})
	}
	go func() {
		wg.Wait()
		q.Close()
	}()
	next := [pushers]int{}
	in := bufio.NewReaderSize(r, 4<<10)
	for range pushers * frames {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		var p, n int
		var x string
		fmt.Sscanf(line, "%d %d %s", &p, &n, &x)
		if n != next[p] || len(x) != n%500*(n%7/6*100+1) || strings.Trim(x, "x") != "" {
			t.Fatalf("frame %d of pusher %d has %d bytes, want number %d", n, p, len(x), next[p])
		}
		next[p]++
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// After a write that failed half a frame may have left: nothing may follow it.
func TestNothingFollowsAFailedWrite(t *testing.T) {
	r, w := pipe(t)
	q := NewQueue(w, nil)
	q.Push(nil, bytes.Repeat([]byte("x"), 1<<20))
	w.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
	if err := q.Write(w); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	var l List
	got := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(r)
		got <- all
	}()
	for range 100 { // also once there is room again
		l.Open()
		q.Push(&l, []byte("next"))
		l.Flush()
	}
	w.Close()
	if all := <-got; bytes.Contains(all, []byte("next")) {
		t.Error("a frame was written after half of another")
	}
}

// A deadline of the writer that has passed does not keep a reader from writing.
func TestADeadlineThatHasPassed(t *testing.T) {
	r, w := pipe(t)
	w.SetWriteDeadline(time.Now().Add(-time.Second))
	q := NewQueue(w, nil)
	var l List
	l.Open()
	q.Push(&l, []byte("x"))
	l.Flush()
	w.Close()
	if got, _ := io.ReadAll(r); string(got) != "x\n" {
		t.Errorf("got %q", got)
	}
}

func BenchmarkFlush(b *testing.B) {
	r, w := pipe(b)
	go io.Copy(io.Discard, r)
	q := NewQueue(w, nil)
	var l List
	frame := bytes.Repeat([]byte("x"), 300)
	b.ReportAllocs()
	for b.Loop() {
		l.Open()
		q.Push(&l, frame)
		l.Flush()
	}
}

func BenchmarkWriter(b *testing.B) {
	r, w := pipe(b)
	q := NewQueue(w, nil)
	go q.Write(w)
	frame := bytes.Repeat([]byte("x"), 300)
	buf := make([]byte, 301)
	b.ReportAllocs()
	for b.Loop() {
		q.Push(nil, frame)
		io.ReadFull(r, buf)
	}
	q.Close()
}
