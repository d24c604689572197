package main

import "sync"

// together is how many requests of a call are under way at once.
const together = 6

// fanOut calls f for 0 to n-1, some at a time, and waits for all. Those share
// the context of their call, which ends them.
func fanOut(n int, f func(i int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, together)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	wg.Wait()
}
