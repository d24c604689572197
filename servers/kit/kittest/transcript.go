package kittest

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/loom-core/loom/core/golden"
	"github.com/loom-core/loom/servers/kit/serve"
	"github.com/mark3labs/mcp-go/server"
)

const (
	clientMark = "-- client --\n"
	serverMark = "-- server --\n"
)

// Transcripts plays each testdata/*.txtar of the test's folder: it sends the
// lines under "-- client --" one by one and holds what the server writes
// against the lines under "-- server --". Before the next line is sent the
// server has come to rest, so the order is certain. The prose on top names
// the rule. UPDATE=1 rewrites the server's part.
//
// Servers that start processes or speak to a network never come to rest in
// the bubble of synctest; for those there is [Connect].
func Transcripts(t *testing.T, newServer func() *server.MCPServer) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts in testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			head, rest, ok := strings.Cut(string(text), clientMark)
			if !ok || strings.TrimSpace(head) == "" {
				t.Fatalf("%s: want prose, then %q", file, clientMark)
			}
			client, _, _ := strings.Cut(rest, serverMark)
			var said string
			synctest.Test(t, func(t *testing.T) { said = play(t, newServer(), client) })
			golden.Check(t, filepath.Base(file), []byte(head+clientMark+client+serverMark+said))
		})
	}
}

// play returns all that the server wrote.
func play(t *testing.T, srv *server.MCPServer, client string) string {
	in, out := io.Pipe()
	var said recorder
	done := make(chan error, 1)
	go func() { done <- serve.Serve(context.Background(), srv, in, &said, serve.Options{}) }()
	for line := range strings.SplitAfterSeq(client, "\n") {
		if line == "" {
			continue
		}
		if _, err := io.WriteString(out, line); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
	}
	out.Close()
	if err := <-done; err != nil {
		t.Errorf("serving: %v", err)
	}
	return said.buf.String()
}

type recorder struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(p)
}
