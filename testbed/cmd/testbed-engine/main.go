// Command testbed-engine starts and stops the Docker engine of the testbed: see
// package engine. start prints how to reach it; the testbed itself finds it.
//
// Usage:
//
//	go run ./testbed/cmd/testbed-engine start|stop|status
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/loom-core/loom/testbed/engine"
	"github.com/loom-core/loom/testbed/service"
)

func main() {
	engine.Enter()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "testbed-engine: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	cache, err := service.Cache()
	if err != nil {
		return err
	}
	e := engine.In(cache)
	verb := ""
	if len(args) == 1 {
		verb = args[0]
	}
	switch verb {
	case "start":
		if err := e.Start(ctx, func(line string) { fmt.Fprintln(os.Stderr, line) }); err != nil {
			return err
		}
		fmt.Printf("DOCKER_HOST=%s\n", e.Host())
	case "stop":
		return e.Stop(ctx)
	case "status":
		text, runs := e.Status(ctx)
		if !runs {
			return fmt.Errorf("%s", text)
		}
		fmt.Printf("%s\nDOCKER_HOST=%s\n", text, e.Host())
	default:
		return fmt.Errorf("usage: testbed-engine start|stop|status")
	}
	return nil
}
