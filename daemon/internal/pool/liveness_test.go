package pool

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// told is one action and when it came, since the process was ready.
type told struct {
	at   time.Duration
	what action
}

// watchFor ticks l until the time is over or it says dead. At every tick, before
// it, the server does what it likes.
func watchFor(l *liveness, span time.Duration, inFlight func(time.Duration) int, server func(at time.Duration, pinged bool)) (out []told) {
	pinged := false
	for at := livenessTick; at <= span; at += livenessTick {
		server(at, pinged)
		a := l.tick(epoch.Add(at), inFlight(at))
		pinged = a == ping
		if a != none {
			out = append(out, told{at, a})
		}
		if a == dead {
			break
		}
	}
	return out
}

func noCalls(time.Duration) int   { return 0 }
func noBytes(time.Duration, bool) {}
func begun(l *liveness) *liveness { l.begin(epoch); return l }
func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func TestASilentProcessIsDeadAfterTwoPings(t *testing.T) {
	l := begun(&liveness{})
	got := watchFor(l, time.Hour, noCalls, noBytes)
	if want := []told{{seconds(60), ping}, {seconds(90), ping}, {seconds(120), dead}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := l.cause(epoch.Add(seconds(120))), "it answered none of 2 pings and wrote nothing for 2m0s"; got != want {
		t.Errorf("cause %q, want %q", got, want)
	}
}

func TestAnyByteIsLife(t *testing.T) {
	for name, answers := range map[string]func(l *liveness) func(time.Duration, bool){
		"the answer": func(l *liveness) func(time.Duration, bool) {
			return func(at time.Duration, pinged bool) {
				if pinged {
					l.received(epoch.Add(at))
				}
			}
		},
		"a log line just before each end": func(l *liveness) func(time.Duration, bool) {
			return func(at time.Duration, _ bool) {
				if at%(seconds(115)) == 0 {
					l.received(epoch.Add(at))
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := begun(&liveness{})
			got := watchFor(l, 10*time.Hour, noCalls, answers(l))
			if slices.ContainsFunc(got, func(a told) bool { return a.what == dead }) {
				t.Errorf("dead: %v", got[len(got)-1])
			}
			if len(got) < 400 {
				t.Errorf("%d pings in ten hours", len(got))
			}
		})
	}
}

func TestABusyServerIsNotAsked(t *testing.T) {
	l := begun(&liveness{})
	got := watchFor(l, time.Hour, noCalls, func(at time.Duration, _ bool) { l.received(epoch.Add(at)) })
	if len(got) > 0 {
		t.Errorf("asked although it writes all the time: %v", got)
	}
}

// A call of any length, in silence, costs no process its life; and a call that
// begins between two pings makes the first of them count for nothing.
func TestACallIsNeverTooLong(t *testing.T) {
	l := begun(&liveness{})
	if got := watchFor(l, 100*time.Hour, func(time.Duration) int { return 1 }, noBytes); len(got) > 0 {
		t.Errorf("during a call: %v", got)
	}
	l = begun(&liveness{})
	got := watchFor(l, seconds(300), func(at time.Duration) int {
		if at > seconds(100) && at < seconds(110) {
			return 1
		}
		return 0
	}, noBytes)
	if want := []told{{seconds(60), ping}, {seconds(90), ping}, {seconds(165), ping}, {seconds(195), ping}, {seconds(225), dead}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// When loomd itself stood still (a laptop that slept, a machine under load) its
// first look afterwards proves nothing.
func TestOurOwnSleepIsNotTheirs(t *testing.T) {
	l := begun(&liveness{})
	now := epoch
	var got []action
	for range 50 { // every tick comes far too late
		now = now.Add(time.Hour)
		got = append(got, l.tick(now, 0))
	}
	if slices.Contains(got, dead) || got[0] != ping {
		t.Errorf("got %v", got)
	}
}

func TestAServerThatKnowsNoPingIsEndedOnce(t *testing.T) {
	l := begun(&liveness{})
	watchFor(l, time.Hour, noCalls, noBytes)
	l.begin(epoch)
	if got := watchFor(l, time.Hour, noCalls, noBytes); len(got) > 0 {
		t.Errorf("in its second life: %v", got)
	}
	knows := begun(&liveness{})
	knows.tick(epoch.Add(pingEvery), 0)
	knows.received(epoch.Add(pingEvery + 1))
	for life := range 3 {
		knows.begin(epoch)
		if got := watchFor(knows, time.Hour, noCalls, noBytes); len(got) == 0 || got[len(got)-1].what != dead {
			t.Errorf("one that answered once, life %d: %v", life, got)
		}
	}
}

func TestPingsAreConfigured(t *testing.T) {
	for _, tc := range []struct {
		every time.Duration
		want  []told
	}{
		{-1, nil},
		{seconds(10), []told{{seconds(10), ping}, {seconds(40), ping}, {seconds(70), dead}}},
	} {
		if got := watchFor(begun(&liveness{every: tc.every}), time.Hour, noCalls, noBytes); !slices.Equal(got, tc.want) {
			t.Errorf("every %v: got %v, want %v", tc.every, got, tc.want)
		}
	}
}

// Whatever a server does: it is only called dead when it was idle and wrote
// nothing for a minute and two full patiences.
func TestNothingLivelyIsCalledDead(t *testing.T) {
	deaths := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		l := begun(&liveness{})
		var quiet time.Time // since when it is idle and silent
		quiet = epoch
		now := epoch
		chatty, busy := r.IntN(40), r.IntN(40)
		for range 500 {
			now = now.Add(time.Duration(r.Int64N(int64(2 * livenessTick))))
			if r.IntN(chatty+1) == 0 {
				l.received(now)
				quiet = now
			}
			calls := 0
			if r.IntN(busy+1) == 0 {
				calls, quiet = 1, now
			}
			if l.tick(now, calls) == dead {
				deaths++
				if since := now.Sub(quiet); since < 2*pingPatience || now.Sub(l.heard) < pingEvery+2*pingPatience {
					t.Fatalf("seed %d: dead after %v of silence, idle for %v", seed, now.Sub(l.heard), since)
				}
				l.begin(now)
				l.deaf = false
				quiet = now
			}
		}
	}
	if deaths == 0 {
		t.Error("nothing died: the test shows nothing")
	}
}
