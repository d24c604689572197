package service

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// place is where one service of a Bed stands, and what is known of it.
type place struct {
	bed   *Bed
	name  string
	alone bool // for one test, which may end it

	mu       sync.Mutex // held while it starts and while it stops
	service  Service
	endpoint Endpoint
	took     time.Duration
	running  bool
	stopped  chan struct{} // closed when it is about to be stopped

	tally sync.Mutex // guards what follows
	names map[string]bool
	tests tests
}

// tests are the tests that used a service, by how they ended.
type tests struct{ passed, failed, skipped int }

// report is what is said of a service that is not there.
func (p *place) report(what, why, logs string) string {
	if why != "" {
		why = ": " + why
	}
	return fmt.Sprintf("%s (%s) %s%s\nit wrote last:\n%s\nwhat to do: %s", p.name, p.bed.provider.Name, what, why,
		lines(logs, 40), advice(p.name, why+"\n"+logs))
}

// stopTime is how long a service gets to end before the sweep ends it.
const stopTime = 30 * time.Second

// stop stops the service if it runs.
func (p *place) stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running {
		return nil
	}
	p.running = false
	close(p.stopped)
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := p.service.Stop(ctx); err != nil {
		return fmt.Errorf("stopping %s: %w\nit wrote last:\n%s", p.name, err, lines(p.service.Logs(), 40))
	}
	return nil
}

// count adds t, which uses s, to the tests of the service when it has ended, and
// prints what s wrote if t failed. A test that asks twice is one.
func (p *place) count(t T, s Service) {
	p.tally.Lock()
	defer p.tally.Unlock()
	if p.names[t.Name()] {
		return
	}
	if p.names == nil {
		p.names = map[string]bool{}
	}
	p.names[t.Name()] = true
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s wrote:\n%s", p.name, lines(s.Logs(), 40))
		}
		p.tally.Lock()
		defer p.tally.Unlock()
		switch {
		case t.Failed():
			p.tests.failed++
		case t.Skipped():
			p.tests.skipped++
		default:
			p.tests.passed++
		}
	})
}
