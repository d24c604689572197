// Package flow carries frames from whoever has one to the file that it is for,
// in order and whole, and spares a goroutine where it can.
//
// A [Queue] has a writer goroutine of its own, which may wait for a slow reader
// at the other end. To wake it costs more than a small write, so the goroutine
// that reads at one end of loomd writes what follows from it at the other end
// itself: it gathers queues in a [List] while frames are at hand, and flushes
// them before it waits for more. That write never waits; what the file does not
// take at once is left to the writer. Under load this is also one write for all
// frames that came together.
package flow

import (
	"io"
	"sync"

	"github.com/loom-core/loom/core/heap"
	"github.com/loom-core/loom/core/nonblock"
)

// Queue holds what is on its way to one file. Pushing never waits. It has no
// bound: whoever pushes knows one.
type Queue struct {
	file  *nonblock.Writer // of whoever is busy
	wrote func(n int)      // may be nil

	mu     sync.Mutex
	chunks [][]byte // to be written before tail
	tail   []byte   // small parts, copied together
	spare  []byte   // an empty one for the next tail
	by     *List    // the last one that promised to flush
	busy   bool     // somebody writes: nobody else may
	closed bool     // the writer ends after what is queued
	wake   chan struct{}
}

// maxTail is the most that is copied into one chunk: what a pipe takes at once
// on Linux.
const maxTail = 64 << 10

// MaxCopied is the size of the largest part that Push copies, in bytes. The
// caller may use one of that size again.
const MaxCopied = 16 << 10

var lineEnd = []byte{'\n'}

// NewQueue makes a queue for file. wrote, if not nil, is called with the number
// of bytes that have left, by whoever wrote them.
func NewQueue(file io.Writer, wrote func(n int)) *Queue {
	return &Queue{file: nonblock.NewWriter(file), wrote: wrote, wake: make(chan struct{}, 1)}
}

// Push queues one frame, given in parts and without the end of its line. Large
// parts are not copied and belong to the queue from then on. l is the list of the
// reader on whose goroutine this is, if it is one.
func (q *Queue) Push(l *List, parts ...[]byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, part := range parts {
		q.addLocked(part)
	}
	q.addLocked(lineEnd)
	if l != nil && q.by == l { // it has not been flushed since
		return
	}
	if q.file.CanTry() && l.add(q) {
		q.by = l
		return
	}
	q.signal()
}

func (q *Queue) addLocked(part []byte) {
	if len(part) > MaxCopied {
		q.sealLocked()
		q.chunks = append(q.chunks, part)
		return
	}
	if len(q.tail)+len(part) > maxTail {
		q.sealLocked()
	}
	if q.tail == nil {
		q.tail, q.spare = q.spare, nil
	}
	q.tail = append(q.tail, part...)
}

func (q *Queue) sealLocked() {
	if len(q.tail) > 0 {
		q.chunks = append(q.chunks, q.tail)
		q.tail = nil
	}
}

// Close lets the writer end after what is queued.
func (q *Queue) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// takeLocked gives the caller all that is queued and the right to write it.
func (q *Queue) takeLocked() (chunks [][]byte, tail []byte) {
	q.busy = true
	chunks, tail = q.chunks, q.tail
	q.chunks, q.tail = nil, nil
	return chunks, tail
}

// flushRounds is how often a reader writes what others push meanwhile before it
// leaves that to the writer.
const flushRounds = 4

// flush writes what there is as far as it goes without waiting.
func (q *Queue) flush(l *List) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.by == l {
		q.by = nil
	}
	if q.busy {
		return // whoever writes goes on with what is new
	}
	for range flushRounds {
		if len(q.chunks) == 0 && len(q.tail) == 0 {
			break
		}
		chunks, tail := q.takeLocked()
		q.mu.Unlock()
		all := true
		for all && len(chunks) > 0 {
			if chunks[0], all = q.try(chunks[0]); all {
				chunks = chunks[1:]
			}
		}
		rest := tail
		if all {
			rest, all = q.try(tail)
		}
		q.mu.Lock()
		q.busy = false
		if !all {
			q.putBackLocked(chunks, rest)
			break
		}
		q.reuseLocked(tail)
	}
	if len(q.chunks) > 0 || len(q.tail) > 0 || q.closed {
		q.signal()
	}
}

// try writes data once and returns what is left of it. An error shows again at
// the writer, who deals with it.
func (q *Queue) try(data []byte) (rest []byte, all bool) {
	n := q.file.Try(data)
	if n > 0 && q.wrote != nil {
		q.wrote(n)
	}
	return data[n:], n == len(data)
}

// putBackLocked puts what was not written before what has come since.
func (q *Queue) putBackLocked(chunks [][]byte, tail []byte) {
	if len(tail) > 0 {
		chunks = append(chunks, tail)
	}
	q.chunks = append(chunks, q.chunks...)
}

func (q *Queue) reuseLocked(tail []byte) {
	if cap(tail) > 0 && q.spare == nil {
		q.spare = tail[:0]
	}
}

// Write writes to w, which is the queue's file, until the queue is closed and
// empty, or w fails. Half a frame may have left then, so nothing else ever does.
func (q *Queue) Write(w io.Writer) error {
	for {
		chunks, tail, ok := q.wait()
		if !ok {
			return nil
		}
		size := 0
		for _, data := range append(chunks, tail) {
			if len(data) == 0 {
				continue
			}
			size += len(data)
			n, err := w.Write(data)
			if q.wrote != nil {
				q.wrote(n)
			}
			if err != nil {
				return err
			}
		}
		q.mu.Lock()
		q.busy = false
		q.reuseLocked(tail)
		q.mu.Unlock()
		chunks = nil // or it would still be reached
		heap.Left(size)
	}
}

// wait returns all that is queued, once there is something. ok is false at the
// end. Until the next wait, or for ever, nobody else writes.
func (q *Queue) wait() (chunks [][]byte, tail []byte, ok bool) {
	for {
		q.mu.Lock()
		switch {
		case q.busy: // a reader writes; it says when it is done, if that matters
		case len(q.chunks) > 0 || len(q.tail) > 0:
			chunks, tail = q.takeLocked()
			q.mu.Unlock()
			return chunks, tail, true
		case q.closed:
			q.busy = true
			q.mu.Unlock()
			return nil, nil, false
		}
		q.mu.Unlock()
		<-q.wake
	}
}
