package audit

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"
)

func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	opened := record(10).Time
	opts := Options{Now: func() time.Time { return opened }, MaxSize: 10}
	write(t, dir, opts, record(1), record(2)) // two files
	refused := record(3)
	refused.Outcome = Refused
	write(t, dir, opts, refused, Record{Time: record(4).Time, Method: "tools/list", Server: "git"})
	again := record(2)
	again.Time = record(5).Time
	write(t, dir, opts, again)

	l := Open(dir, opts)
	defer l.Close()
	live := record(2)
	live.Time = record(11).Time
	l.Record(live) // may be in the file before the loader comes there, and counts once
	got, since := l.Usage(t.Context())
	if !since.Equal(record(1).Time) {
		t.Errorf("since %s", since)
	}
	if len(got) != 2 || got[Tool{"git", "t1"}] != (Use{1, record(1).Time}) || got[Tool{"git", "t2"}] != (Use{3, live.Time}) {
		t.Errorf("got %+v", got)
	}
}

// TestUsageWithoutFiles: nobody waits for a disk that hangs, and what is not
// known does not count as unused.
func TestUsageWithoutFiles(t *testing.T) {
	l := &Log{loaded: make(chan struct{})}
	l.usage.since = record(10).Time
	l.usage.add(record(11))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, since := l.Usage(ctx); len(got) != 1 || !since.Equal(record(10).Time) {
		t.Errorf("got %v since %s", got, since)
	}
}

func TestUsageIsBounded(t *testing.T) {
	var u usage
	for n := range maxTools + 5 {
		u.add(record(n))
	}
	u.add(record(0))
	if len(u.tools) != maxTools || u.tools[Tool{"git", "t0"}].Calls != 2 {
		t.Errorf("%d tools, %+v", len(u.tools), u.tools[Tool{"git", "t0"}])
	}
}
