package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/trace"
)

func TestTrace(t *testing.T) {
	t.Setenv("LOOM_SECRET_FORGE", "k-5551234")
	a, opts := run(t, one)
	c, err := connect(t, opts, loomrpc.Hello{Version: "v1", Control: true})
	if err != nil {
		t.Fatal(err)
	}
	q := loomrpc.TraceQuery{Server: "fake", Body: true}
	first := ask[loomrpc.TraceReply](t, c, loomrpc.MethodTrace, q)
	if first.ID == "" || len(first.Events) != 0 || !a.trace.Active() {
		t.Fatalf("the first answer: %+v", first)
	}
	if s := ask[loomrpc.Status](t, c, loomrpc.MethodStatus, nil); s.Traces != 1 {
		t.Errorf("status: %d listeners", s.Traces)
	}
	frame := []byte(`{"id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"is k-5551234","password":"x"}}}`)
	for range traceBatch + 1 {
		a.trace.Emit(trace.Event{Client: "codex", Server: "fake", Direction: trace.LoomToServer, Frame: frame})
	}
	q.ID = first.ID
	next := ask[loomrpc.TraceReply](t, c, loomrpc.MethodTrace, q)
	want := `{"id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"is [redacted]","password":"[redacted]"}}}`
	if len(next.Events) != traceBatch || next.ID != q.ID || next.Dropped != 0 || next.Events[0].Tool != "echo" || string(next.Events[0].Body) != want {
		t.Errorf("the next answer has %d events: %+v", len(next.Events), next.Events[0])
	}
	if rest := ask[loomrpc.TraceReply](t, c, loomrpc.MethodTrace, q); len(rest.Events) != 1 {
		t.Errorf("the rest: %+v", rest)
	}

	var e *jsonrpc.Error
	if err := c.Call(t.Context(), loomrpc.MethodTrace, loomrpc.TraceQuery{Server: "nonesuch"}, nil); !errors.As(err, &e) || e.Code != loomrpc.CodeUnknown {
		t.Errorf("an unknown server: %v", err)
	}
	if other := ask[loomrpc.TraceReply](t, c, loomrpc.MethodTrace, loomrpc.TraceQuery{ID: "nonesuch"}); other.ID == "nonesuch" || a.trace.Listeners() != 2 {
		t.Errorf("an unknown id: %+v", other)
	}
	// Whoever listened is gone: no message pays for it any more.
	c.Close()
	eventually(t, "nobody listens once the connection has ended", func() bool { return !a.trace.Active() })
}

func TestTraceEndsWhenNobodyAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all traces
		tr := trace.New(nil)
		ids := map[string]bool{}
		for range maxTraces {
			id, err := all.begin(t.Context(), tr, trace.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			ids[id] = true
		}
		if _, err := all.begin(t.Context(), tr, trace.Filter{}); err == nil || len(ids) != maxTraces {
			t.Errorf("no limit: %v", err)
		}
		kept := ""
		for kept = range ids {
			break
		}
		time.Sleep(traceLife - time.Second)
		if _, ok := all.find(kept); !ok {
			t.Error("it ended too early")
		}
		time.Sleep(traceLife - time.Second)
		synctest.Wait()
		if _, ok := all.find(kept); !ok || tr.Listeners() != 1 {
			t.Errorf("%d listen", tr.Listeners())
		}
		time.Sleep(traceLife)
		synctest.Wait()
		if _, ok := all.find(kept); ok || tr.Active() {
			t.Error("it never ended")
		}
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := all.begin(ctx, tr, trace.Filter{}); err != nil {
			t.Fatal(err)
		}
		cancel()
		synctest.Wait()
		if tr.Active() {
			t.Error("it outlives its connection")
		}
	})
}
