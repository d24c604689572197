package pool

import (
	"fmt"
	"time"
)

// How an idle process is asked whether it lives.
const (
	// pingEvery is how long a process may be silent and idle before it is asked.
	pingEvery = time.Minute
	// pingPatience is how long one ping waits for anything at all.
	pingPatience = 30 * time.Second
	// pingTries is how many in a row have to go unanswered.
	pingTries = 2
	// livenessTick is how often tick is to be called.
	livenessTick = 5 * time.Second
)

// action is what liveness asks for.
type action int

const (
	none action = iota
	ping        // send one; whatever comes back is reported by received
	dead        // stop the process; cause says why
)

// liveness decides whether a process that nobody waits for still answers.
//
// Every byte that comes from it counts as life, also an error to a ping. A call
// in flight is never a reason to end a process, however long it takes and
// however silent the server is meanwhile: it may do one thing at a time, and
// calls have a timeout of their own. A server that never answered a ping in any
// of its lives is ended once; after that it is taken for one that knows no ping.
//
// It has no clock and no lock: whoever owns it passes the time and guards it.
type liveness struct {
	every time.Duration // 0 is pingEvery; negative: never ask

	heard  time.Time // when the process last wrote anything
	busy   time.Time // when it last had a call in flight
	ticked time.Time // the last tick
	asked  time.Time // of the ping that is out; zero if none is
	missed int       // pings in a row that got nothing

	answers bool // it wrote something while a ping was out, in this life or an earlier one
	deaf    bool // it was ended for silence and never answered a ping
}

// begin notes that a process is ready: the first one or the next.
func (l *liveness) begin(now time.Time) {
	l.heard, l.busy, l.ticked = now, now, now
	l.asked, l.missed = time.Time{}, 0
}

// received notes that the process wrote something.
func (l *liveness) received(now time.Time) {
	if !l.asked.IsZero() {
		l.answers = true
	}
	l.heard = now
	l.asked, l.missed = time.Time{}, 0
}

// tick is called every [livenessTick] while the process is ready. inFlight are
// the calls that it works at.
func (l *liveness) tick(now time.Time, inFlight int) action {
	late := now.Sub(l.ticked) >= pingPatience
	l.ticked = now
	switch {
	case l.every < 0 || l.deaf:
		return none
	case inFlight > 0:
		l.busy = now // after a call that was given up it may still be at it: that is no reason to hurry
		l.asked, l.missed = time.Time{}, 0
		return none
	case l.asked.IsZero():
		if now.Sub(l.heard) < l.interval() || now.Sub(l.busy) < l.interval() {
			return none
		}
		l.asked = now
		return ping
	case late: // it was loomd that stood still: the answer may be waiting to be read
		l.asked = now
		return none
	case now.Sub(l.asked) < pingPatience:
		return none
	}
	if l.missed++; l.missed < pingTries {
		l.asked = now
		return ping
	}
	l.deaf = !l.answers
	return dead
}

// cause says in words why tick returned dead.
func (l *liveness) cause(now time.Time) string {
	return fmt.Sprintf("it answered none of %d pings and wrote nothing for %s", l.missed, now.Sub(l.heard).Round(time.Second))
}

func (l *liveness) interval() time.Duration {
	if l.every == 0 {
		return pingEvery
	}
	return l.every
}
