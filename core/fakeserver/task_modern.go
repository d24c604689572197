package fakeserver

import (
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// hasTasks reports whether a request says that its sender knows tasks.
func (r *request) hasTasks() bool {
	return r.param("_meta", mcp.MetaClientCapabilities, "extensions", extensionTasks) != nil
}

// lacksTasks refuses a request of a client that does not.
func (s *server) lacksTasks(r *request) bool {
	if r.hasTasks() {
		return false
	}
	s.failWith(r, codeMissingCapability, `{"requiredCapabilities":{"extensions":{"`+extensionTasks+`":{}}}}`, "this needs the extension %s", extensionTasks)
	return true
}

// updateTask answers tasks/update: it gives a task the answers that it waits for,
// if they are all there. Others are ignored.
func (s *server) updateTask(r *request) {
	t, ok := s.task(r)
	if !ok {
		return
	}
	s.mu.Lock()
	waits := t.status == inputRequired
	s.mu.Unlock()
	if given := r.param("inputResponses"); waits && jobInputs(given) {
		select {
		case t.given <- string(given):
		default: // given twice: the first counts
		}
	}
	s.result(r, []byte(`{}`))
}

// jobInputs reports whether the answer to the one question of a job is there.
func jobInputs(given []byte) bool {
	_, ok := jsonrpc.Find(given, jsonrpc.Span{End: len(given)}, inputKey(1, 0))
	return ok
}
