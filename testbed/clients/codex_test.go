package clients

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
)

// appServer is codex app-server, which editors speak to.
type appServer struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Scanner
	id  int
}

// ask sends a request and returns its answer; what else comes is passed over.
func (s *appServer) ask(method string, params any) json.RawMessage {
	s.t.Helper()
	s.id++
	line, err := json.Marshal(map[string]any{"id": s.id, "method": method, "params": params})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.in.Write(append(line, '\n')); err != nil {
		s.t.Fatal(err)
	}
	for s.out.Scan() {
		var answer struct {
			ID     *int
			Result json.RawMessage
			Error  json.RawMessage
		}
		if json.Unmarshal(s.out.Bytes(), &answer) != nil || answer.ID == nil || *answer.ID != s.id {
			continue
		}
		if answer.Error != nil {
			s.t.Fatalf("%s: %s", method, answer.Error)
		}
		return answer.Result
	}
	s.t.Fatalf("%s: codex ended without an answer: %v", method, s.out.Err())
	return nil
}

// codex starts codex app-server, and ends it with the test.
func (w *world) codex(project string) *appServer {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the test's own is over before the cleanup
	cmd := w.command(ctx, project, ".bin/codex", "app-server")
	in, err := cmd.StdinPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.network.start(cmd); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		in.Close()
		cmd.Wait()
		cancel()
	})
	s := &appServer{t: w.t, in: in, out: bufio.NewScanner(out)}
	s.out.Buffer(nil, 16<<20)
	s.ask("initialize", map[string]any{"clientInfo": map[string]string{"name": "loom-test", "title": "Loom", "version": "1"}})
	if _, err := io.WriteString(in, `{"method":"initialized"}`+"\n"); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// Codex gives its servers 12 variables and expands nothing. It lists the tools and
// calls one, after loom sync wrote its file.
func TestCodexCalls(t *testing.T) {
	w, project := newAgentWorld(t)
	w.must("sync", "codex")
	s := w.codex(project)
	if list := string(s.ask("mcpServerStatus/list", map[string]any{})); !strings.Contains(list, `"fake__echo"`) {
		t.Errorf("mcpServerStatus/list says\n%s", list)
	}
	var started struct{ Thread struct{ ID string } }
	if err := json.Unmarshal(s.ask("thread/start", map[string]any{"cwd": project}), &started); err != nil {
		t.Fatal(err)
	}
	result := s.ask("mcpServer/tool/call", map[string]any{
		"threadId": started.Thread.ID, "server": "loom", "tool": "fake__env", "arguments": map[string]any{"name": fakeVariable},
	})
	if !strings.Contains(string(result), "1 true") {
		t.Errorf("fake__env answers %s", result)
	}
	// The log is written a moment after the answer.
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		calls := w.must("audit", "--json")
		if strings.Contains(calls, `"codex"`) {
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("loom audit does not name the client:\n%s", calls)
			break
		}
	}
}
