package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

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
	dir, err := b.room(p.name)
	if err != nil {
		return fmt.Sprintf("%s has no folder: %v\nwhat to do: %s", p.name, err, advice(p.name, err.Error()))
	}
	var starting start
	h := Host{
		Dir: dir, Cache: b.opts.Cache,
		Say: func(line string) { b.Say(p.name + ": " + line) },
		Owned: func(pid int) {
			if err := b.folder.Own(pid); err != nil && !starting.fails(err) {
				go b.fail(fmt.Sprintf("%v\nwhat to do: %s", err, advice(p.name, err.Error())))
			}
		},
		Undo: b.folder.Undo,
	}
	h.Say("starting")
	began := time.Now()
	p.endpoint, err = s.Start(b.context, h)
	if unnoted := starting.end(); unnoted != nil && err == nil {
		err = errors.Join(unnoted, s.Stop(b.context))
	}
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

// start is the time while a service starts, when what goes wrong beside it is a
// reason that it does not.
type start struct {
	mu    sync.Mutex
	ended bool
	err   error
}

// fails notes an error, unless the start has ended.
func (s *start) fails(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.err = err
	}
	return !s.ended
}

func (s *start) end() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	return s.err
}

// room makes an empty folder for a service, whose name is short for the sake of
// sockets in it.
func (b *Bed) room(name string) (string, error) {
	dir := filepath.Join(b.folder.Dir, name)
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return os.MkdirTemp(b.folder.Dir, name)
	}
	return dir, err
}
