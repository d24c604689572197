package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/loom-core/loom/testbed"
)

// stage is what a test would be to the testbed: it ends the performance at the
// first fault and takes everything down afterwards.
type stage struct {
	took time.Duration

	mu          sync.Mutex
	world       *testbed.World
	found       []string
	atEnd       []func()
	interrupted bool
}

func newStage() *stage { return &stage{} }

// play runs f to its end, to its first fault or until ctx ends, and then what
// was registered with Cleanup.
func (s *stage) play(ctx context.Context, f func()) {
	done := make(chan struct{})
	go func() { // ends with f, or by Goexit from Fatalf and Helper
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.interrupt()
		<-done
	}
	s.mu.Lock()
	s.interrupted = false
	s.mu.Unlock()
	for {
		s.mu.Lock()
		if len(s.atEnd) == 0 {
			s.mu.Unlock()
			return
		}
		last := s.atEnd[len(s.atEnd)-1]
		s.atEnd = s.atEnd[:len(s.atEnd)-1]
		s.mu.Unlock()
		last()
	}
}

// interrupt makes f end soon: what it waits for goes away, and its next step
// is its last.
func (s *stage) interrupt() {
	s.mu.Lock()
	s.interrupted = true
	world := s.world
	s.mu.Unlock()
	if world == nil {
		return
	}
	for _, p := range world.Processes() {
		p.Kill()
	}
}

// Helper is called by every step of the testbed: there an interrupted
// performance stops.
func (s *stage) Helper() {
	s.mu.Lock()
	stop := s.interrupted
	s.mu.Unlock()
	if stop {
		runtime.Goexit()
	}
}

// Cleanup registers f for the end; the last one runs first.
func (s *stage) Cleanup(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.atEnd = append(s.atEnd, f)
}

// Errorf notes a fault.
func (s *stage) Errorf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = append(s.found, fmt.Sprintf(format, args...))
}

// Fatalf notes a fault and ends the performance.
func (s *stage) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	runtime.Goexit()
}

// Logf says what may explain a fault.
func (s *stage) Logf(format string, args ...any) { s.Errorf(format, args...) }

// Failed reports whether there was a fault.
func (s *stage) Failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.found) > 0
}

func (s *stage) faults() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.found, "\n")
}

// line prints one of the six.
func (s *stage) line(n int, took time.Duration, format string, args ...any) {
	fmt.Printf("%d  %7.1f ms  %s\n", n, float64(took.Microseconds())/1000, fmt.Sprintf(format, args...))
}
