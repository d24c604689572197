package flow

import "sync"

// List is what one reader will write out before it waits for more. It belongs
// to the goroutine that reads, which opens and flushes it; others may push with
// it at any time. A nil List is one that is never open.
type List struct {
	mu    sync.Mutex
	open  bool
	due   []*Queue
	spare []*Queue // of the reader alone
}

// Open is called when the reader has something to work on.
func (l *List) Open() {
	l.mu.Lock()
	l.open = true
	l.mu.Unlock()
}

// Flush writes what was gathered, as far as the files take it at once, and
// closes the list. The reader calls it before anything that may take a while.
func (l *List) Flush() {
	l.mu.Lock()
	due := l.due
	l.due, l.open = l.spare[:0], false
	l.mu.Unlock()
	for _, q := range due {
		q.flush(l)
	}
	clear(due)
	l.spare = due
}

// add reports whether q will be flushed soon. Where it will not, its own writer
// has to be woken.
func (l *List) add(q *Queue) bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open {
		l.due = append(l.due, q)
	}
	return l.open
}
