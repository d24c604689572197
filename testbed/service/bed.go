package service

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/loom-core/loom/testbed/run"
)

// Options say what a Bed is made of.
type Options struct {
	Providers []Provider // in the order in which auto tries them
	Choice    string     // containers, local or auto; LOOM_TESTBED if empty, and auto without that
	Base      string     // where the folders of runs are; [run.Base] if empty
	Cache     string     // of built programs; [Cache] if empty
	Say       func(line string)
	Also      func() // ends what else the tests have running, when the run is cut short
}

// Bed has the services of one run.
type Bed struct {
	opts     Options
	provider Provider
	folder   *run.Folder
	context  context.Context // of whatever Start does: over when the run is
	cancel   context.CancelFunc
	watching sync.WaitGroup
	ending   sync.Once
	failed   atomic.Bool // whatever the tests say

	mu    sync.Mutex
	stand []*place // in the order in which they were first used
}

// Open sweeps what dead runs left, takes a provider and makes the folder of this
// run. It is called first thing in a TestMain: see [run.Begin].
func Open(o Options) (*Bed, error) {
	if o.Choice == "" {
		o.Choice = os.Getenv("LOOM_TESTBED")
	}
	if o.Choice == "" {
		o.Choice = "auto"
	}
	if o.Base == "" {
		o.Base = run.Base()
	}
	if o.Say == nil {
		o.Say = func(line string) { fmt.Println(line) }
	}
	folder, err := run.Begin(o.Base, o.Say)
	if err != nil {
		return nil, err
	}
	b := &Bed{opts: o, folder: folder}
	b.context, b.cancel = context.WithCancel(context.Background())
	if o.Cache == "" {
		b.opts.Cache, err = Cache()
	}
	if err == nil {
		b.provider, err = choose(b.context, o.Choice, o.Providers)
	}
	if err == nil {
		// Of the tests, and of the compilers that they start, nothing stays either.
		if err = os.Mkdir(b.Temp(), 0o700); err == nil {
			err = os.Setenv("TMPDIR", b.Temp())
		}
	}
	if err != nil {
		b.cancel()
		folder.End()
		return nil, err
	}
	return b, nil
}

// Cache is where built programs are kept.
func Cache() (string, error) {
	if dir := os.Getenv("LOOM_TESTBED_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache of the testbed: %w", err)
	}
	return filepath.Join(home, ".cache", "loom-testbed"), nil
}

// Temp is a folder for temporary files that goes with the run. It is TMPDIR in
// this process.
func (b *Bed) Temp() string { return filepath.Join(b.folder.Dir, "t") }

// Context is over when the run is.
func (b *Bed) Context() context.Context { return b.context }

// Say tells of progress.
func (b *Bed) Say(line string) { b.opts.Say(line) }

// Use returns where the service answers, and starts it if it is the first to
// ask. What the service wrote is printed if t fails.
func (b *Bed) Use(t T, name string) Endpoint {
	t.Helper()
	p := b.place(name)
	p.start()
	p.count(t, p.service)
	return p.endpoint
}

// Alone starts one more service of that name for t, which may do with it what it
// likes: it is stopped with t.
func (b *Bed) Alone(t T, name string) (Service, Endpoint) {
	t.Helper()
	p := &place{bed: b, name: name, alone: true}
	shared := b.place(name) // in the table it is one service
	b.mu.Lock()
	b.stand = append(b.stand, p)
	b.mu.Unlock()
	p.start()
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			b.fail(err.Error())
		}
	})
	shared.count(t, p.service)
	return p.service, p.endpoint
}

// place returns where that service stands, running or not.
func (b *Bed) place(name string) *place {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.stand {
		if p.name == name && !p.alone {
			return p
		}
	}
	p := &place{bed: b, name: name}
	b.stand = append(b.stand, p)
	return p
}
