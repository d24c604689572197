package pool

import (
	"fmt"
	"slices"
	"time"
)

// Notes says how the processes of a server are treated otherwise than its
// entry says, and why: one sentence each.
func (p *Pool) Notes(server string) []string {
	p.mu.Lock()
	var all []*Instance
	for k, i := range p.instances {
		if k.server == server {
			all = append(all, i)
		}
	}
	p.mu.Unlock()
	var notes []string
	for _, i := range all {
		notes = append(notes, i.notes()...)
	}
	slices.Sort(notes)
	return slices.Compact(notes)
}

func (i *Instance) notes() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var notes []string
	if i.asks && i.server.Concurrency > 1 {
		notes = append(notes, fmt.Sprintf("%s asks its clients things, so it serves one client at a time: the right one has to be asked", i.name))
	}
	if i.serial {
		notes = append(notes, fmt.Sprintf("%s answered an id that it was never given, so it gets one call at a time", i.name))
	}
	if broken := i.health.breaker.broken(time.Now()); broken != nil {
		notes = append(notes, broken.Error())
	}
	return notes
}
