package keyring

import (
	"context"
	"fmt"
	"sync"
	"time"

	core "github.com/loom-core/loom/core/keyring"
)

// lookTime bounds a look at one backend, of which nothing is asked that would
// take a person.
const lookTime = 5 * time.Second

// problem is why a backend cannot be used, or nil. One that is locked can be:
// opening it says more.
func (s state) problem() error {
	switch {
	case s.err != nil:
		return s.err
	case !s.available:
		return fail(core.CodeUnavailable, "%s", s.why)
	}
	return nil
}

// look is the state of a backend, also of one that this build does not have.
func look(name core.Backend, req core.Request) state {
	b, ok := backends[name]
	if !ok {
		return state{why: "there is none on this system"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	return b.look(ctx, req)
}

func openRing(req core.Request) (ring, error) {
	if err := look(req.Backend, req).problem(); err != nil && req.Backend != core.File { // which says itself that it is not set up
		return nil, err
	}
	b, ok := backends[req.Backend]
	if !ok {
		return nil, fail(core.CodeUnavailable, "there is none on this system")
	}
	return b.open(req)
}

// automatic reports whether a backend may be chosen when nobody did: the
// kernel's forgets at logout.
func automatic(name core.Backend) bool { return name != core.KeyCtl }

// choose is the first backend that is there, locked or not: a second choice
// would split the secrets over two, and miss those that the first one has.
func choose(req core.Request) (core.Backend, error) {
	for _, name := range core.Known {
		if !automatic(name) {
			continue
		}
		s := look(name, req)
		if s.err != nil {
			return name, s.err
		}
		if s.available {
			return name, nil
		}
	}
	return "", fail(core.CodeNoBackend, "no keyring is available here")
}

// probe looks at all of them at the same time.
func probe(req core.Request) []core.Probe {
	states := make([]state, len(core.Known))
	var wg sync.WaitGroup
	for i, name := range core.Known {
		wg.Go(func() { // ends with lookTime
			defer func() {
				if recover() != nil {
					states[i] = state{why: fmt.Sprintf("the library that speaks to %s panicked", name)}
				}
			}()
			states[i] = look(name, req)
		})
	}
	wg.Wait()
	var probes []core.Probe
	chosen := false
	for i, name := range core.Known {
		s := states[i]
		p := core.Probe{Backend: name, Available: s.available, Locked: s.locked, Why: s.why}
		if !chosen && automatic(name) && (s.available || s.err != nil) {
			chosen, p.Automatic = true, s.available
		}
		if p.Available && !automatic(name) && p.Why == "" {
			p.Why = "it forgets at logout, so it is used only where it was chosen"
		}
		probes = append(probes, p)
	}
	return probes
}
