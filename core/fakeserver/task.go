package fakeserver

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

// The states of a task. The last three are final.
const (
	working       = "working"
	inputRequired = "input_required"
	completed     = "completed"
	failed        = "failed"
	cancelled     = "cancelled"
)

// task is a job that goes on after its call was answered. The legacy era has
// tasks in its core (2025-11-25, "Tasks"), the modern one in an extension
// (ext-tasks 2026-07-28).
type task struct {
	id     string // task-0, task-1, …: the same in every server, without Options.OwnTasks
	ttl    string // raw
	cancel context.CancelFunc
	given  chan string   // modern: the inputResponses that came, raw
	ended  chan struct{} // closed when the status is final

	// Under the server's mutex:
	status  string
	changes int           // of the status so far
	payload string        // raw member that the status brings: "result":…, "error":… or "inputRequests":…
	waited  chan struct{} // legacy: closed when tasks/result is open, made anew when it is not
	waiting int           // requests for the result that are open
}

func (t *task) final() bool {
	return t.status == completed || t.status == failed || t.status == cancelled
}

// began is when every task began, so that two runs write the same.
var began = time.Date(2026, 7, 28, 10, 30, 0, 0, time.UTC)

// members are the raw members of a task, in the words of the era. The server's
// mutex is held.
func (s *server) members(t *task) string {
	ttl, poll := "ttl", "pollInterval"
	if s.modern() {
		ttl, poll = "ttlMs", "pollIntervalMs"
	}
	return fmt.Sprintf(`"taskId":%s,"status":%q,"statusMessage":%s,"createdAt":%q,"lastUpdatedAt":%q,%q:%s,%q:5,"x-task":9007199254740993`,
		quote(t.id), t.status, quote("<it is> "+t.status), began.Format(time.RFC3339), began.Add(time.Duration(t.changes)*time.Second).Format(time.RFC3339), ttl, t.ttl, poll)
}

// detailed are the members of a task with what its status brings, which only the
// modern era has in the same place.
func (s *server) detailed(t *task) string {
	if s.modern() && t.payload != "" {
		return s.members(t) + "," + t.payload
	}
	return s.members(t)
}

// begin makes a task for a request. ctx ends when it is cancelled.
func (s *server) begin(ttl []byte) (t *task, ctx context.Context) {
	if ttl == nil {
		ttl = jsonrpc.Null
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	t = &task{
		id: fmt.Sprintf("task-%d", len(s.tasks)), ttl: string(ttl), cancel: cancel, status: working,
		given: make(chan string, 1), ended: make(chan struct{}), waited: make(chan struct{}),
	}
	if s.o.OwnTasks {
		t.id = fmt.Sprintf("task-%d-%d", os.Getpid(), len(s.tasks))
	}
	s.tasks = append(s.tasks, t)
	return t, ctx
}

// move gives a task another status and tells so. A final one stays as it is, and
// ok is false.
func (s *server) move(t *task, status, payload string) (ok bool) {
	s.mu.Lock()
	if t.final() {
		s.mu.Unlock()
		return false
	}
	t.status, t.payload = status, payload
	t.changes++
	if t.final() {
		close(t.ended)
		t.cancel()
	}
	members := s.detailed(t)
	s.mu.Unlock()
	if s.modern() {
		s.tellAll("notifications/tasks", members, func(l *listen) bool { return slices.Contains(l.tasks, t.id) })
	} else {
		s.notify("notifications/tasks/status", "{"+members+"}")
	}
	return true
}

// task is the one that a request names. There is none, and the request is
// answered, when ok is false.
func (s *server) task(r *request) (t *task, ok bool) {
	if s.modern() && s.lacksTasks(r) {
		return nil, false
	}
	id := r.text("taskId")
	s.mu.Lock()
	i := slices.IndexFunc(s.tasks, func(t *task) bool { return t.id == id })
	if i >= 0 {
		t = s.tasks[i]
	}
	s.mu.Unlock()
	if t == nil {
		s.fail(r, jsonrpc.CodeInvalidParams, "no task %s", r.param("taskId"))
	}
	return t, t != nil
}

// getTask answers tasks/get.
func (s *server) getTask(r *request) {
	if t, ok := s.task(r); ok {
		s.mu.Lock()
		members := s.detailed(t)
		s.mu.Unlock()
		s.result(r, []byte("{"+members+"}"))
	}
}

// cancelTask answers tasks/cancel: in the legacy era with the task, and only one
// that goes on can be cancelled; in the modern one with nothing.
func (s *server) cancelTask(r *request) {
	t, ok := s.task(r)
	if !ok {
		return
	}
	payload := ""
	if !s.modern() {
		payload = `"error":{"code":-32603,"message":"the <task> was cancelled"}`
	}
	moved := s.move(t, cancelled, payload)
	switch {
	case s.modern():
		s.result(r, []byte(`{}`))
	case !moved:
		s.fail(r, jsonrpc.CodeInvalidParams, "task %s has ended", t.id)
	default:
		s.getTask(r)
	}
}
