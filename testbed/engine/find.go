package engine

import (
	"context"
	"fmt"
	"os"
	"time"
)

// usual is where an engine of the machine's own listens.
const usual = "unix:///var/run/docker.sock"

// Find returns the address of an engine that answers: that of DOCKER_HOST and no
// other if it is set, else ours of that cache, else the machine's.
func Find(ctx context.Context, cache string) (host string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		if err := ping(ctx, host); err != nil {
			return "", fmt.Errorf("the engine of DOCKER_HOST does not answer: %w", err)
		}
		return host, nil
	}
	for _, host := range []string{In(cache).Host(), usual} {
		if ping(ctx, host) == nil {
			return host, nil
		}
	}
	return "", fmt.Errorf("no container engine answers: make testbed-engine starts one")
}

// Status says in one line whether the engine runs.
func (e Engine) Status(ctx context.Context) (text string, runs bool) {
	lock, err := e.hold()
	if err == nil {
		lock.Close()
		return "no engine runs: make testbed-engine starts one", false
	}
	if err := ping(ctx, e.Host()); err != nil {
		return fmt.Sprintf("the engine does not answer: %v", err), false
	}
	pid, err := e.pid()
	if err != nil {
		return err.Error(), false
	}
	return fmt.Sprintf("the engine runs, process %d", pid), true
}
