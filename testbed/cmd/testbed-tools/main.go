// Command testbed-tools builds the programs of the testbed's services, which make
// e2e does as well when it needs one, into ~/.cache/loom-testbed or the folder of
// LOOM_TESTBED_CACHE. What is there is not built again.
//
// Usage:
//
//	go run ./testbed/cmd/testbed-tools [NAME...]
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := build(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "testbed-tools: %v\n", err)
		os.Exit(1)
	}
}

func build(ctx context.Context, names []string) error {
	cache, err := service.Cache()
	if err != nil {
		return err
	}
	all := program.All
	for _, name := range names {
		if !slices.ContainsFunc(all, func(p program.Program) bool { return p.Name == name }) {
			return fmt.Errorf("there is no program %s", name)
		}
	}
	for _, p := range all {
		if len(names) > 0 && !slices.Contains(names, p.Name) {
			continue
		}
		say := func(line string) { fmt.Println(p.Name + ": " + line) }
		path, err := p.Build(ctx, cache, say, func(int) {}) // whoever ends us ends the compiler: see program
		if err != nil {
			return err
		}
		say(path)
	}
	return nil
}
