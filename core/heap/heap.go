// Package heap gives the memory of large frames back soon after they have left.
//
// Loom's own heap is a few MiB, and Go collects when it has doubled. A result of
// 8 MiB that lies there at that moment doubles it too: then four of them may be
// dead before they are collected. loomd and the proxies live for days beside
// everything else of a developer, so what was large is collected when it has
// left. With so little else to look at that takes a millisecond or two, and it
// is beside the way of the next frame.
package heap

import (
	"runtime"
	"sync/atomic"
)

// Large is the size of a frame, in bytes, from which on it is worth it.
const Large = 1 << 20

// enough is how much has to have left since the last time.
const enough = 4 * Large

var (
	left       atomic.Int64
	collecting atomic.Bool
)

// Left notes that n bytes of a frame are of no use any more, when that is so: what
// the caller can still reach stays.
func Left(n int) {
	if n < Large || left.Add(int64(n)) < enough || !collecting.CompareAndSwap(false, true) {
		return
	}
	left.Store(0)
	go func() { // ends with the collection
		runtime.GC()
		collecting.Store(false)
	}()
}
