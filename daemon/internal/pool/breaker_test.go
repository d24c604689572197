package pool

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var errDead = errors.New("exit status 1")

// epoch is when the clocks of these tests begin.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestBackoffThenBreaker(t *testing.T) {
	for _, tc := range []struct {
		name   string
		random float64
		want   []time.Duration // after each failure; negative: refused for so long
	}{
		{"least", 0, []time.Duration{0, 250 * time.Millisecond, 2 * time.Second, 15 * time.Second, -60 * time.Second, -120 * time.Second, -240 * time.Second, -480 * time.Second, -600 * time.Second, -600 * time.Second}},
		{"most", 1, []time.Duration{0, 500 * time.Millisecond, 4 * time.Second, 30 * time.Second, -75 * time.Second, -150 * time.Second, -300 * time.Second, -600 * time.Second, -750 * time.Second, -750 * time.Second}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := &breaker{server: "s", random: func() float64 { return tc.random }}
			now := epoch
			for n, want := range tc.want {
				if wait, err := b.allow(now); wait != 0 || err != nil {
					t.Fatalf("start %d: %v %v", n+1, wait, err)
				}
				b.failed(now, errDead)
				wait, err := b.allow(now)
				if want < 0 {
					if err == nil || err.RetryAt != now.Add(-want) || err.Failures != n+1 || !errors.Is(err, errDead) {
						t.Fatalf("after failure %d: %v %v, want a refusal for %v", n+1, wait, err, -want)
					}
					wait = -want
				} else if err != nil || wait != want {
					t.Fatalf("after failure %d: %v %v, want %v", n+1, wait, err, want)
				}
				now = now.Add(wait)
			}
		})
	}
}

func TestTheRefusalSaysWhatToDo(t *testing.T) {
	err := &BrokenError{Server: "loki", Failures: 5, Last: errDead, RetryAt: epoch}
	want := "server loki failed 5 times in a row and is not started before 03:04:05 (loom restart loki tries at once); the last time: exit status 1"
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

// opened is a breaker that refuses calls, and when it ceases to.
func opened(t *testing.T) (*breaker, time.Time) {
	t.Helper()
	b := &breaker{server: "s", random: func() float64 { return 0 }}
	for range breakAfter {
		b.failed(epoch, errDead)
	}
	if err := b.broken(epoch); err == nil {
		t.Fatal("it is not open")
	}
	return b, epoch.Add(openMin)
}

func TestWhatClosesTheBreaker(t *testing.T) {
	for _, tc := range []struct {
		name   string
		do     func(b *breaker, now time.Time) time.Time
		closed bool
	}{
		{"an answered call", func(b *breaker, now time.Time) time.Time { b.started(now); b.answered(now); return now }, true},
		{"a life of ten seconds", func(b *breaker, now time.Time) time.Time { b.started(now); return now.Add(steady) }, true},
		{"a life of ten seconds that is over", func(b *breaker, now time.Time) time.Time {
			b.started(now)
			b.exited(now.Add(steady), steady, errDead)
			return now.Add(steady)
		}, true},
		{"somebody's word", func(b *breaker, now time.Time) time.Time { b.reset(); return now }, true},
		{"a start alone", func(b *breaker, now time.Time) time.Time { b.started(now); return now.Add(steady - 1) }, false},
		{"a stop by loomd", func(b *breaker, now time.Time) time.Time {
			b.started(now)
			b.exited(now.Add(1), 1, nil)
			return now.Add(2)
		}, false},
		{"a quick end", func(b *breaker, now time.Time) time.Time {
			b.started(now)
			b.exited(now.Add(steady-1), steady-1, errDead)
			return now.Add(steady)
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, now := opened(t)
			if wait, err := b.allow(now); wait != 0 || err != nil {
				t.Fatalf("no try when the time is over: %v %v", wait, err)
			}
			now = tc.do(b, now)
			if _, err := b.allow(now); (err == nil) != tc.closed {
				t.Errorf("then: %v", err)
			}
			if tc.closed && b.failures != 0 {
				t.Errorf("%d failures are not forgotten", b.failures)
			}
		})
	}
}

func TestOneTriesForAll(t *testing.T) {
	b, now := opened(t)
	granted := 0
	for range 100 {
		if wait, err := b.allow(now); wait == 0 && err == nil {
			granted++
		}
	}
	if granted != 1 {
		t.Errorf("%d starts at once, want 1", granted)
	}
	// One that was granted a start and never told how it went blocks nobody for ever.
	if wait, err := b.allow(now.Add(openMin)); wait != 0 || err != nil {
		t.Errorf("later: %v %v", wait, err)
	}
}

// A server that answers and then crashes is restarted for each call, however often.
func TestAServerThatAnswersIsNeverRefused(t *testing.T) {
	b := &breaker{server: "s"}
	now := epoch
	for n := range 100 {
		if wait, err := b.allow(now); wait != 0 || err != nil {
			t.Fatalf("start %d: %v %v", n, wait, err)
		}
		b.started(now)
		b.answered(now)
		now = now.Add(time.Second)
		b.exited(now, time.Second, errDead)
	}
}

// demand is a dead server that is asked for every second. It returns when it
// was started within the time.
func demand(b *breaker, span, lives time.Duration) (starts []time.Duration) {
	for at := time.Duration(0); at < span; {
		now := epoch.Add(at)
		wait, err := b.allow(now)
		switch {
		case err != nil:
			at += time.Second
		case wait > 0:
			at += wait
		case lives > 0:
			starts = append(starts, at)
			b.started(now)
			at += lives
			b.exited(epoch.Add(at), lives, errDead)
		default:
			starts = append(starts, at)
			b.failed(now, errDead)
		}
	}
	return starts
}

func TestStartsOfADeadServerAreBounded(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 0))
		lives := time.Duration(r.Int64N(int64(steady)))
		if seed%2 == 0 {
			lives = 0 // it does not even start
		}
		starts := demand(&breaker{server: "s", random: r.Float64}, 5*time.Hour, lives)
		for hour := range 5 {
			n := 0
			for _, at := range starts {
				if int(at/time.Hour) == hour {
					n++
				}
			}
			most := 6
			if hour == 0 {
				most = 13
			}
			if n > most || n < 4 {
				t.Errorf("seed %d: %d starts in hour %d, want 4 to %d", seed, n, hour, most)
			}
		}
	}
}

// A hundred servers that fall at the same moment, of the same cause, and are
// asked for all the time: after the first, at once, their starts spread.
func TestServersDoNotStartTogether(t *testing.T) {
	const servers = 100
	attempts := make([][]time.Duration, 8)
	for seed := range uint64(servers) {
		starts := demand(&breaker{server: "s", random: rand.New(rand.NewPCG(seed, 1)).Float64}, time.Hour, 0)
		for n := range attempts {
			attempts[n] = append(attempts[n], starts[n])
		}
	}
	for n, at := range attempts {
		slices.Sort(at)
		spread := at[servers*9/10] - at[servers/10]
		if least := []time.Duration{0, 0, 150 * time.Millisecond, time.Second, 8 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second}[n]; spread < least {
			t.Errorf("start %d: eight in ten are within %v, want at least %v", n+1, spread, least)
		}
	}
}

// Whatever happens in whatever order, a wait is short, a refusal has an end
// and a reason, and a reset leaves nothing.
func TestBreakerWithstandsAnything(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		b := &breaker{server: "s", random: r.Float64}
		now := epoch
		for range 200 {
			now = now.Add(time.Duration(r.Int64N(int64(90 * time.Second))))
			switch r.IntN(12) {
			case 0:
				b.answered(now)
			case 1:
				b.reset()
				if wait, err := b.allow(now); wait != 0 || err != nil {
					t.Fatalf("seed %d: after a reset: %v %v", seed, wait, err)
				}
			case 2, 3:
				b.started(now)
			case 4, 5:
				b.exited(now, time.Duration(r.Int64N(int64(2*steady))), errDead)
			case 6:
				b.exited(now, time.Duration(r.Int64N(int64(2*steady))), nil)
			default:
				b.failed(now, errDead)
			}
			wait, err := b.allow(now)
			if wait < 0 || wait > backoffMax {
				t.Fatalf("seed %d: a wait of %v", seed, wait)
			}
			if err != nil {
				left := err.RetryAt.Sub(now)
				if wait != 0 || err.Last == nil || err.Failures < breakAfter || left <= 0 || left > openMax*5/4 || strings.Contains(err.Error(), "%!") {
					t.Fatalf("seed %d: %v in %v", seed, err, left)
				}
			}
		}
	}
}
