package heap

import (
	"runtime"
	"testing"
	"time"
)

// collections counts those that somebody asked for.
func collections() uint32 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.NumForcedGC
}

func TestLeft(t *testing.T) {
	collected := make(chan struct{})
	func() {
		frame := make([]byte, enough)
		runtime.AddCleanup(&frame[0], func(int) { close(collected) }, 0)
	}()
	before := collections()
	for range 100 {
		Left(Large - 1)
	}
	Left(enough - 1)
	if n := collections() - before; n > 0 {
		t.Errorf("%d collections for next to nothing", n)
	}
	Left(Large)
	select {
	case <-collected:
	case <-time.After(10 * time.Second):
		t.Error("a large frame that left is still there")
	}
}
