package clientsync

import (
	"errors"
	"time"
)

// tries is how often a plan is made anew for a file that its client writes at the
// same moment.
const tries = 5

// Apply writes a change and remembers it. When the file was written by somebody
// else since the plan was made, the change is planned again. The ledger is saved
// after each file, so that an end in between leaves nothing that nobody knows of.
func Apply(l *Ledger, c Change, force bool, now time.Time) (Change, error) {
	return apply(realDisk(), l, c, force, now)
}

func apply(d disk, l *Ledger, c Change, force bool, now time.Time) (Change, error) {
	for try := 1; ; try++ {
		if c.Blocked() && !force || c.State == Unreadable {
			return c, nil
		}
		settled, known := l.Of(c.Path)
		pending := c.record
		if pending.Pending = true; known {
			pending.Previous = &settled
		}
		if !pending.nothing() {
			l.put(pending)
			if err := l.Save(); err != nil {
				return c, err
			}
		}
		err := c.write(d, l)
		if err != nil {
			if l.put(settled); !known {
				l.put(Record{Path: c.Path})
			}
			if errors.Is(err, ErrChanged) && try < tries {
				c = PlanFile(l, c.Wanted, force, now)
				continue
			}
			return c, errors.Join(err, l.Save())
		}
		l.put(c.record)
		return c, l.Save()
	}
}

func (c Change) write(d disk, l *Ledger) error {
	if c.None() {
		return nil
	}
	data, err := c.filled(l)
	if err != nil {
		return err
	}
	if err := l.Backups.keep(c); err != nil {
		return err
	}
	if c.Remove {
		return remove(c.was)
	}
	return d.replace(c.was, data)
}
