package fault

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestTrickle: a pause before each piece, and no longer than somebody waits.
func TestTrickle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		text, err := io.ReadAll(&trickle{ctx: t.Context(), body: strings.NewReader("0123456789"), bytes: 4, pause: time.Second})
		if string(text) != "0123456789" || err != nil || time.Since(began) != 4*time.Second { // three pieces and the end
			t.Errorf("%q, %v after %s", text, err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began = time.Now()
		_, err = io.ReadAll(&trickle{ctx: ctx, body: strings.NewReader("0"), bytes: 1, pause: time.Hour})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		if _, err := (hanging{ctx}).Read(nil); err == nil {
			t.Error("nothing came to an end")
		}
	})
}

// TestAwait: it ends when what it waits for happens, and else with its limit.
func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &Front{t: t, changed: make(chan struct{})}
		began := time.Now()
		go func() {
			time.Sleep(time.Second)
			f.update(func() { f.requests = append(f.requests, &Request{Path: "/a"}) })
			time.Sleep(time.Second)
			f.update(func() { f.requests[0].Ended, f.requests[0].Cancelled = time.Now(), true })
		}()
		if r := f.AwaitRequests(1); r.Path != "/a" || time.Since(began) != time.Second || f.InFlight() != 1 {
			t.Errorf("%+v after %s", r, time.Since(began))
		}
		if f.await(500*time.Millisecond, func() bool { return f.cancelled() == 1 }) {
			t.Error("it was cancelled before its time")
		}
		f.AwaitCancelled(1, time.Minute)
		f.AwaitIdle(0)
		if time.Since(began) != 2*time.Second {
			t.Errorf("cancelled after %s", time.Since(began))
		}
	})
}
