package fakeserver

import "github.com/loom-core/loom/core/jsonrpc"

// relatedTask is the raw member of _meta that ties a message to a task.
func relatedTask(id string) string { return `"` + metaRelatedTask + `":{"taskId":` + quote(id) + `}` }

// listTasks answers tasks/list.
func (s *server) listTasks(r *request) {
	s.mu.Lock()
	var all []string
	for _, t := range s.tasks {
		all = append(all, "{"+s.members(t)+"}")
	}
	s.mu.Unlock()
	s.page(r, "tasks", all)
}

// taskResult answers tasks/result once the task has ended, with what the call
// would have been answered with, and whose task that was.
func (s *server) taskResult(r *request) {
	t, ok := s.task(r)
	if !ok {
		return
	}
	s.mu.Lock()
	if t.waiting++; t.waiting == 1 {
		close(t.waited)
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		if t.waiting--; t.waiting == 0 {
			t.waited = make(chan struct{})
		}
		s.mu.Unlock()
	}()
	select {
	case <-t.ended:
	case <-r.ctx.Done():
		return
	}
	s.mu.Lock()
	payload := "{" + t.payload + "}"
	s.mu.Unlock()
	whole := jsonrpc.Span{End: len(payload)}
	if failure, ok := jsonrpc.Find([]byte(payload), whole, "error"); ok {
		s.answer([]byte(`{"jsonrpc":"2.0","id":` + string(r.id) + `,"error":` + payload[failure.Start:failure.End] + `}`))
		return
	}
	result, _ := jsonrpc.Find([]byte(payload), whole, "result")
	s.result(r, []byte(payload[result.Start:result.End-1]+`,"_meta":{`+relatedTask(t.id)+`}}`))
}

// wanted is closed while somebody waits for the result of a task.
func (s *server) wanted(t *task) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return t.waited
}
