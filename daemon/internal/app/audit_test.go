package app

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/audit"
)

// ask sends one question of the command line.
func ask[R any](t *testing.T, c *loomrpc.Client, method string, params any) R {
	t.Helper()
	var reply R
	if err := c.Call(t.Context(), method, params, &reply); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	return reply
}

// untilRecorded waits for the audit log's writer.
func untilRecorded(t *testing.T, c *loomrpc.Client, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("there are %d records", n), func() bool {
		return ask[loomrpc.AuditReply](t, c, loomrpc.MethodAudit, nil).Matched == n
	})
}

func TestAudit(t *testing.T) {
	a, opts := run(t, one)
	c, err := connect(t, opts, loomrpc.Hello{Version: "v1", Control: true})
	if err != nil {
		t.Fatal(err)
	}
	ask[loomrpc.LearnReply](t, c, loomrpc.MethodLearn, nil)
	for n, tool := range []string{"echo", "sleep", "echo"} {
		a.audit.Record(audit.Record{Time: time.Unix(int64(n), 0), Client: fmt.Sprintf("c%d", n), Server: "fake", Tool: tool, Method: "tools/call", Outcome: "ok"})
	}
	untilRecorded(t, c, 3)
	for _, tc := range []struct {
		q       loomrpc.AuditQuery
		want    string
		matched int
	}{
		{loomrpc.AuditQuery{}, "c0 c1 c2", 3},
		{loomrpc.AuditQuery{Tool: "echo", Limit: 1}, "c2", 2},
		{loomrpc.AuditQuery{Tool: "fake__echo"}, "c0 c2", 2}, // as clients see it
		{loomrpc.AuditQuery{Tool: "fake__echo", Server: "other"}, "", 0},
		{loomrpc.AuditQuery{Since: time.Unix(1, 0), Until: time.Unix(2, 0)}, "c1", 1},
		{loomrpc.AuditQuery{Client: "c1", Outcome: "timeout"}, "", 0},
	} {
		reply := ask[loomrpc.AuditReply](t, c, loomrpc.MethodAudit, tc.q)
		var got []string
		for _, r := range reply.Records {
			got = append(got, r.Client)
		}
		if strings.Join(got, " ") != tc.want || reply.Matched != tc.matched {
			t.Errorf("%+v: %q, %d, want %q, %d", tc.q, got, reply.Matched, tc.want, tc.matched)
		}
	}
}

// TestToolsSayHowOftenTheyWereCalled: also by what the files of the loomd before say.
func TestToolsSayHowOftenTheyWereCalled(t *testing.T) {
	opts := options(t, one)
	before := audit.Open(opts.Dirs.State, audit.Options{})
	before.Record(audit.Record{Time: time.Unix(5, 0), Server: "fake", Tool: "echo", Method: "tools/call", Outcome: "ok"})
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	a := runWith(t, opts)
	c, err := connect(t, opts, loomrpc.Hello{Version: "v1", Control: true})
	if err != nil {
		t.Fatal(err)
	}
	last := time.Now().Round(0)
	a.audit.Record(audit.Record{Time: last, Server: "fake", Tool: "echo", Method: "tools/call", Outcome: "ok"})
	reply := ask[loomrpc.ToolsReply](t, c, loomrpc.MethodTools, nil)
	if !reply.UsageSince.Equal(time.Unix(5, 0)) || len(reply.Tools) == 0 {
		t.Errorf("since %s", reply.UsageSince)
	}
	for _, tool := range reply.Tools {
		if called := tool.Tool == "echo"; called != (tool.Calls == 2) || called != tool.LastUsed.Equal(last) {
			t.Errorf("%s: %d calls, the last at %s", tool.Name, tool.Calls, tool.LastUsed)
		}
	}
}

// TestAuditWithoutDisk: loomd works and says what is wrong.
func TestAuditWithoutDisk(t *testing.T) {
	opts := options(t, one)
	var log bytes.Buffer
	opts.Logger = slog.New(slog.NewTextHandler(&log, nil))
	if err := os.MkdirAll(filepath.Join(opts.Dirs.State, "audit.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	a, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- a.Run(t.Context()) }()
	c, err := connect(t, opts, loomrpc.Hello{Version: "v1", Control: true})
	if err != nil {
		t.Fatal(err)
	}
	a.audit.Record(audit.Record{Time: time.Now(), Method: "tools/call", Outcome: "ok"})
	eventually(t, "the status says what is wrong", func() bool {
		return strings.Contains(ask[loomrpc.Status](t, c, loomrpc.MethodStatus, nil).Audit.Error, "is a directory")
	})
	text := ask[loomrpc.MetricsReply](t, c, loomrpc.MethodMetrics, nil).Text
	if !strings.Contains(text, "\nloomd_audit_failing 1\n") || !strings.Contains(text, "\nloomd_audit_dropped_total 0\n") {
		t.Errorf("metrics: %s", text)
	}
	a.Shutdown()
	if err := <-ended; err != nil || !strings.Contains(log.String(), "records not written: 1 (") {
		t.Errorf("Run: %v, log: %s", err, &log)
	}
}
