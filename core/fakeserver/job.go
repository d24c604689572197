package fakeserver

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/core/mcp"
)

// jobArguments are those of the tool job.
type jobArguments struct {
	MS   int    // that the work takes
	N    int    // steps of which progress tells, under the token of the call
	Ask  bool   // a question comes after the work
	Tag  string // is in that question and in the result
	Fail string // error: it ends with an error; tool: with a result that is one
	Need bool   // modern: only as a task
}

// job is the tool that can be run as a task: in the legacy era when the call
// says so, in the modern one when the client knows tasks. Else it works while
// the call is open.
func (s *server) job(r *request, arguments []byte) {
	var args jobArguments
	json.Unmarshal(arguments, &args) // what does not fit stays zero
	token := r.param("_meta", "progressToken")
	asTask := r.param("task") != nil
	if s.modern() {
		if args.Need && s.lacksTasks(r) {
			return
		}
		asTask = r.hasTasks()
	}
	if !asTask {
		if s.steps(r.ctx, args, token, "") {
			s.finish(r, args)
		}
		return
	}
	t, ctx := s.begin(r.param("task", "ttl"))
	s.mu.Lock()
	members := s.members(t)
	s.mu.Unlock()
	if s.modern() {
		s.result(r, []byte(`{"resultType":"task",`+members+`}`))
	} else {
		s.result(r, []byte(`{"task":{`+members+`},"_meta":{"io.modelcontextprotocol/model-immediate-response":"<soon>"},"x-create":1e400}`))
	}
	s.work.Go(func() { s.runTask(ctx, t, args, token) })
}

// finish answers a call that was no task.
func (s *server) finish(r *request, args jobArguments) {
	answers := "null"
	if args.Ask {
		given, ok := s.inquire(r, inquiry{Kind: "elicitation", Tag: args.Tag})
		if !ok {
			return
		}
		answers = string(given)
	}
	if args.Fail == "error" {
		s.fail(r, -4711, "the job <failed>")
		return
	}
	s.result(r, []byte(jobResult(args, answers)))
}

// steps works, and tells of it. It reports whether it came to the end.
func (s *server) steps(ctx context.Context, args jobArguments, token []byte, related string) bool {
	n := max(args.N, 1)
	for i := range n {
		select {
		case <-time.After(time.Duration(args.MS) * time.Millisecond / time.Duration(n)):
		case <-ctx.Done():
			return false
		}
		if token != nil && args.N > 0 {
			s.notify(mcp.Progress, `{"progressToken":`+string(token)+`,"progress":`+strconv.Itoa(i+1)+`,"total":`+strconv.Itoa(n)+related+`}`)
		}
	}
	return true
}

// runTask works on a task to its end. The modern era has no progress on tasks.
func (s *server) runTask(ctx context.Context, t *task, args jobArguments, token []byte) {
	if s.modern() {
		token = nil
	}
	if !s.steps(ctx, args, token, `,"_meta":{`+relatedTask(t.id)+`}`) {
		return
	}
	answers := "null"
	if args.Ask {
		given, ok := s.taskInput(ctx, t, args.Tag)
		if !ok {
			return
		}
		answers = given
		s.move(t, working, "")
	}
	switch result := jobResult(args, answers); {
	case args.Fail == "error":
		s.move(t, failed, `"error":{"code":-4711,"message":"the job <failed>"}`)
	case args.Fail == "tool" && !s.modern():
		s.move(t, failed, `"result":`+result) // 2025-11-25 counts that as failed, the extension as completed
	default:
		s.move(t, completed, `"result":`+result)
	}
}

// taskInput asks for what a task needs: in the legacy era as soon as somebody
// waits for its result, in the modern one by its status.
func (s *server) taskInput(ctx context.Context, t *task, tag string) (given string, ok bool) {
	if s.modern() {
		method, members := question("elicitation", tag, "")
		s.move(t, inputRequired, `"inputRequests":{`+quote(inputKey(1, 0))+`:{"method":"`+method+`","params":{`+strings.Join(members, ",")+`}}}`)
		select {
		case given = <-t.given:
			return `{"inputResponses":[` + given + `]}`, true
		case <-ctx.Done():
			return "", false
		}
	}
	s.move(t, inputRequired, "")
	select {
	case <-s.wanted(t):
	case <-ctx.Done():
		return "", false
	}
	answer, ok := s.await(ctx, s.pose("elicitation", tag, false, t.id))
	return `{"answers":[` + answer + `]}`, ok
}

func jobResult(args jobArguments, answers string) string {
	return `{"content":[{"type":"text","text":` + quote("job done "+args.Tag) + `,"x-unknown":1e400}],"structuredContent":{"given":` + answers + `},"isError":` + strconv.FormatBool(args.Fail == "tool") + `}`
}
