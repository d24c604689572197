package service

import (
	"context"
	"fmt"
	"os"
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

// start starts the service, once. If that cannot be the run ends.
func (p *place) start() {
	if why := p.tryStart(); why != "" {
		p.bed.fail(why)
	}
}

func (p *place) tryStart() (why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running {
		return ""
	}
	b := p.bed
	if b.context.Err() != nil {
		return "the run is over"
	}
	s, err := b.provider.make(p.name)
	if err != nil {
		return err.Error()
	}
	dir, err := os.MkdirTemp(b.folder.Dir, p.name+"-")
	if err != nil {
		return fmt.Sprintf("%s has no folder: %v\nwhat to do: %s", p.name, err, advice(p.name, err.Error()))
	}
	h := Host{
		Dir: dir, Cache: b.opts.Cache,
		Say: func(line string) { b.Say(p.name + ": " + line) },
		Owned: func(pid int) {
			if err := b.folder.Own(pid); err != nil {
				b.Say(err.Error() + ": if this run is killed that process stays")
			}
		},
	}
	h.Say("starting")
	began := time.Now()
	p.endpoint, err = s.Start(b.context, h)
	if err != nil {
		return p.report("did not start", err.Error(), s.Logs())
	}
	p.service, p.took, p.running, p.stopped = s, time.Since(began), true, make(chan struct{})
	h.Say(fmt.Sprintf("%s answers at %s after %.1f s", p.endpoint.Version, p.endpoint.URL, p.took.Seconds()))
	if m, ok := s.(Mortal); ok && !p.alone {
		ended, stopped := m.Ended(), p.stopped
		b.watching.Go(func() { // ends when the service does
			select {
			case <-ended:
			case <-stopped:
				return
			}
			select {
			case <-stopped: // both at once: it was stopped
			default:
				go b.fail(p.report("ended while tests ran", "", s.Logs())) // which waits for this goroutine
			}
		})
	}
	return ""
}

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
