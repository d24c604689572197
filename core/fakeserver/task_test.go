package fakeserver

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// asTask is a call of job as a task of the legacy era.
func asTask(arguments string) string {
	return `{"name":"job","arguments":` + arguments + `,"task":{"ttl":60000},"_meta":{"progressToken":"tok"}}`
}

// until reads notifications until the task has that status, and returns the
// frames.
func (p *peer) until(status string) (frames []string) {
	p.t.Helper()
	for {
		frame := p.read()
		frames = append(frames, frame)
		if member(frame, "params", "status") == `"`+status+`"` {
			return frames
		}
	}
}

// TestTaskLegacy: a call that is run as a task gives a task at once, tells of its
// progress and its end, and the result comes when it is asked for.
func TestTaskLegacy(t *testing.T) {
	p := start(t, Options{Surface: true})
	answer, _ := p.ask("tools/call", asTask(`{"ms":1,"n":2,"tag":"T"}`))
	task := member(answer, "result", "task")
	is(t, "the task", task, `{"taskId":"task-0","status":"working","statusMessage":"<it is> working","createdAt":"2026-07-28T10:30:00Z","lastUpdatedAt":"2026-07-28T10:30:00Z","ttl":60000,"pollInterval":5,"x-task":9007199254740993}`)
	frames := p.until("completed")
	if len(frames) != 3 {
		t.Errorf("the work brings %q", frames)
	}
	is(t, "the progress", member(frames[1], "params"), `{"progressToken":"tok","progress":2,"total":2,"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"task-0"}}}`)
	is(t, "the end", member(frames[2], "method"), `"notifications/tasks/status"`)
	done := strings.NewReplacer("working", "completed", `:00Z","ttl`, `:01Z","ttl`).Replace(task)
	is(t, "the last status", member(frames[2], "params"), done)
	answer, _ = p.ask("tasks/get", `{"taskId":"task-0"}`)
	is(t, "the task", member(answer, "result"), done)
	answer, _ = p.ask("tasks/list", `{}`)
	is(t, "the list", member(answer, "result", "tasks"), "["+done+"]")
	answer, _ = p.ask("tasks/result", `{"taskId":"task-0"}`)
	is(t, "the result", member(answer, "result"), `{"content":[{"type":"text","text":"job done T","x-unknown":1e400}],"structuredContent":{"given":null},"isError":false,"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"task-0"}}}`)
	answer, _ = p.ask("tasks/cancel", `{"taskId":"task-0"}`)
	wants(t, answer, `"code":-32602`)
	for _, method := range []string{"tasks/get", "tasks/result", "tasks/cancel"} {
		answer, _ = p.ask(method, `{"taskId":"task-1"}`)
		wants(t, answer, `"code":-32602`, "no task")
	}
	answer, _ = p.ask("tasks/update", `{"taskId":"task-0"}`)
	wants(t, answer, `"code":-32601`)
}

// TestOwnTasks: the ids of tasks can be those of this process alone.
func TestOwnTasks(t *testing.T) {
	p := start(t, Options{Surface: true, OwnTasks: true})
	answer, _ := p.ask("tools/call", asTask(`{}`))
	is(t, "the id", member(answer, "result", "task", "taskId"), fmt.Sprintf(`"task-%d-0"`, os.Getpid()))
}

// TestTaskAsksLegacy: a task that needs something asks when somebody waits for
// its result, and says whose question it is.
func TestTaskAsksLegacy(t *testing.T) {
	p := start(t, Options{Surface: true})
	p.ask("tools/call", asTask(`{"ask":true,"tag":"T"}`))
	p.until("input_required")
	p.quiet()
	id := p.request("tasks/result", `{"taskId":"task-0"}`)
	asked := p.read()
	wants(t, asked, `"method":"elicitation/create"`, "T: what is it?")
	is(t, "whose it is", member(asked, "params", "_meta"), `{"io.modelcontextprotocol/related-task":{"taskId":"task-0"}}`)
	p.send(`{"jsonrpc":"2.0","id":0,"result":{"action":"decline"}}`)
	answer, before := p.answer(id)
	is(t, "what was given", member(answer, "result", "structuredContent"), `{"given":{"answers":[{"result":{"action":"decline"}}]}}`)
	if len(before) == 0 || member(before[0], "params", "status") != `"working"` {
		t.Errorf("before the result came %q", before)
	}
}

// TestTaskFailsLegacy: the result of a task is what the call would have had, be
// it an error.
func TestTaskFailsLegacy(t *testing.T) {
	p := start(t, Options{Surface: true})
	for fail, want := range map[string]string{"error": `"error":{"code":-4711,`, "tool": `"isError":true`} {
		answer, _ := p.ask("tools/call", asTask(`{"fail":"`+fail+`"}`))
		task := member(answer, "result", "task", "taskId")
		p.until("failed")
		answer, _ = p.ask("tasks/result", `{"taskId":`+task+`}`)
		wants(t, answer, want)
		answer, _ = p.call("job", `{"fail":"`+fail+`"}`)
		wants(t, answer, want)
	}
}

// TestTaskCancelledLegacy: a task that is cancelled takes back its question and
// answers who waits; a wait that is taken back is not answered.
func TestTaskCancelledLegacy(t *testing.T) {
	p := start(t, Options{Surface: true})
	p.ask("tools/call", asTask(`{"ask":true}`))
	p.until("input_required")
	first := p.request("tasks/result", `{"taskId":"task-0"}`)
	wants(t, p.read(), "elicitation/create")
	p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + first + `}}`)
	p.quiet()
	second := p.request("tasks/result", `{"taskId":"task-0"}`)
	third := p.request("tasks/cancel", `{"taskId":"task-0"}`)
	var all string
	for range 4 { // the status, the question, and two answers, in an order of their own
		all += p.read() + "\n"
	}
	wants(t, all, `"id":`+second+`,"error":{"code":-32603`, `"id":`+third+`,"result":{"taskId":"task-0","status":"cancelled"`, `"method":"notifications/cancelled","params":{"requestId":0`, `notifications/tasks/status`)
	p.quiet()
}

// TestTaskModern: a client that knows tasks gets one, and the task brings its
// question and its result when it is looked at.
func TestTaskModern(t *testing.T) {
	p := start(t, Options{Era: "modern", Surface: true})
	p.meta = withTasks
	listen := p.listening(`{"taskIds":["task-0"]}`, `{"taskIds":["task-0"]}`)
	answer, _ := p.call("job", `{"ask":true,"tag":"T","n":2}`)
	is(t, "the kind of result", member(answer, "result", "resultType"), `"task"`)
	is(t, "the task", member(answer, "result", "taskId"), `"task-0"`)
	is(t, "its time", member(answer, "result", "ttlMs"), "null")
	frames := p.until("input_required")
	if len(frames) != 1 {
		t.Errorf("the work brings %q", frames)
	}
	is(t, "the subscription", member(frames[0], "params", "_meta", metaSubscription), listen)
	answer, _ = p.ask("tasks/get", `{"taskId":"task-0"}`)
	is(t, "the kind of result", member(answer, "result", "resultType"), `"complete"`)
	question := member(answer, "result", "inputRequests")
	is(t, "what was told of it", member(frames[0], "params", "inputRequests"), question)
	is(t, "the question", member(question, "q1.0 <é>", "method"), `"elicitation/create"`)
	for _, ignored := range []string{`{}`, `{"other":{}}`} {
		answer, before := p.ask("tasks/update", `{"taskId":"task-0","inputResponses":`+ignored+`}`)
		wants(t, answer, `"resultType":"complete"`)
		if len(before) > 0 {
			t.Errorf("%s brings %q", ignored, before)
		}
	}
	p.ask("tasks/update", `{"taskId":"task-0","inputResponses":{"q1.0 <é>":{"n": 0.10}}}`)
	done := p.script.String()
	if !strings.Contains(done, `"status":"completed"`) {
		p.until("completed")
	}
	answer, _ = p.ask("tasks/get", `{"taskId":"task-0"}`)
	is(t, "what was given", member(answer, "result", "result", "structuredContent"), `{"given":{"inputResponses":[{"q1.0 <é>":{"n": 0.10}}]}}`)
	for _, method := range []string{"tasks/list", "tasks/result"} {
		answer, _ = p.ask(method, `{"taskId":"task-0"}`)
		wants(t, answer, `"code":-32601`)
	}
	answer, _ = p.ask("tasks/get", `{"taskId":"none"}`)
	wants(t, answer, `"code":-32602`)
}

// TestTaskModernEnds: an error fails a task, a tool's failure completes it, and
// cancelling is acknowledged with nothing.
func TestTaskModernEnds(t *testing.T) {
	p := start(t, Options{Era: "modern", Surface: true})
	p.meta = withTasks
	p.listening(`{"taskIds":["task-0","task-1","task-2"]}`, `{"taskIds":["task-0","task-1","task-2"]}`)
	p.request("tools/call", toolCall("job", `{"fail":"error"}`))
	is(t, "the error", member(last(p.until("failed")), "params", "error", "code"), "-4711")
	p.request("tools/call", toolCall("job", `{"fail":"tool"}`))
	is(t, "the failure", member(last(p.until("completed")), "params", "result", "isError"), "true")
	p.ask("tools/call", toolCall("job", `{"ms":60000}`))
	answer, before := p.ask("tasks/cancel", `{"taskId":"task-2"}`)
	wants(t, answer, `"result":{"resultType":"complete"`)
	is(t, "the status", member(last(before), "params", "status"), `"cancelled"`)
}

func last(frames []string) string {
	if len(frames) == 0 {
		return ""
	}
	return frames[len(frames)-1]
}

// TestNoTasks: a client that does not know tasks gets none, and is told so when
// there is no other way.
func TestNoTasks(t *testing.T) {
	p := start(t, Options{Era: "modern", Surface: true})
	answer, _ := p.call("job", `{}`)
	wants(t, answer, `"resultType":"complete"`, "job done")
	for method, params := range map[string]string{"tools/call": toolCall("job", `{"need":true}`), "tasks/get": `{"taskId":"task-0"}`, "tasks/cancel": `{"taskId":"task-0"}`, "tasks/update": `{"taskId":"task-0"}`} {
		answer, _ = p.ask(method, params)
		wants(t, answer, `"code":-32021`)
	}
	p = start(t, Options{Surface: true})
	answer, _ = p.call("job", `{"n":1}`)
	wants(t, answer, "job done")
}
