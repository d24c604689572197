package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/loom-core/loom/testbed"
)

// build builds the three binaries into a folder that goes away at the end.
func build(ctx context.Context, s *stage) (dir string) {
	dir, err := os.MkdirTemp("", "loom-demo-")
	if err != nil {
		s.Fatalf("making a folder for the binaries: %v", err)
	}
	s.Cleanup(func() { os.RemoveAll(dir) })
	began := time.Now()
	say := func(line string) { fmt.Println(line) }
	if err := testbed.Build(ctx, say, dir, testbed.Loom, testbed.Loomd, testbed.Git); err != nil {
		select { // ^C reaches the compiler too, and maybe first
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
		s.Fatalf("%v", err)
	}
	fmt.Printf("built in %.1f s\n\n", time.Since(began).Seconds())
	return dir
}
