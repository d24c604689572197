package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// fake is a service that is a process which does nothing.
type fake struct {
	name  string
	leaks bool          // Stop leaves the process behind
	slow  time.Duration // Start takes that long
	fails error         // of Start, with the process ended again

	mu    sync.Mutex
	log   bytes.Buffer
	cmd   *exec.Cmd
	ended chan struct{}
}

func (f *fake) Name() string { return f.name }

func (f *fake) Start(ctx context.Context, h Host) (Endpoint, error) {
	fmt.Fprintf(&f.log, "%s says hello\n", f.name)
	f.cmd = exec.Command("sleep", "300")
	f.cmd.Env, f.cmd.Dir = h.Environ(), h.Dir
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := f.cmd.Start(); err != nil {
		return Endpoint{}, err
	}
	h.Owned(f.cmd.Process.Pid)
	f.ended = make(chan struct{})
	go func() { // ends with the process
		f.cmd.Wait()
		close(f.ended)
	}()
	h.Say(fmt.Sprintf("process %d in %s", f.cmd.Process.Pid, h.Dir))
	select {
	case <-time.After(f.slow):
	case <-ctx.Done():
		f.fails = context.Cause(ctx)
	}
	if f.fails != nil {
		return Endpoint{}, errors.Join(f.fails, f.Stop(context.Background()))
	}
	return Endpoint{URL: fmt.Sprintf("http://fake.test/%d", f.cmd.Process.Pid), Version: "1.2"}, nil
}

func (f *fake) Logs() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.String()
}

func (f *fake) Stop(context.Context) error {
	fmt.Printf("stopped %s\n", f.name)
	if !f.leaks {
		f.cmd.Process.Kill()
		<-f.ended
	}
	return nil
}

func (f *fake) Ended() <-chan struct{} { return f.ended }

// fakes is a provider of them.
func fakes() Provider {
	of := func(f func() *fake) func() Service { return func() Service { return f() } }
	return Provider{
		Name:  "local",
		Works: func(context.Context) error { return nil },
		Services: map[string]func() Service{
			"one":   of(func() *fake { return &fake{name: "one"} }),
			"two":   of(func() *fake { return &fake{name: "two"} }),
			"leaky": of(func() *fake { return &fake{name: "leaky", leaks: true} }),
			"slow":  of(func() *fake { return &fake{name: "slow", slow: time.Minute} }),
			"taken": of(func() *fake {
				return &fake{name: "taken", fails: fmt.Errorf("listening: %w", syscall.EADDRINUSE)}
			}),
			"full": of(func() *fake { return &fake{name: "full", fails: fmt.Errorf("writing: %w", syscall.ENOSPC)} }),
		},
	}
}
