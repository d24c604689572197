package testbed_test

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// TestTasks: a task is followed to its end through Loom as it is directly, in
// the form of the era, with its status, its progress and its question.
func TestTasks(t *testing.T) {
	t.Run("legacy", func(t *testing.T) {
		w := newWorld(t, surfaceOf("legacy", "global"))
		c := w.Connect(able("legacy", func(testbed.Frame) (string, string) { return `{"action":"accept","content":{"n":1e400}}`, "" }))
		other := w.Connect(able("legacy", noQuestion))
		f := c.Ask(mcp.ToolsCall, `{"name":"fake__job","arguments":{"ms":20,"n":4,"ask":true,"tag":"T"},"task":{"ttl":60000},"_meta":{"progressToken":"mine"}}`)
		id := f.Find("task", "taskId")
		if id == "" {
			t.Fatalf("no task: %s", f)
		}
		result := c.Ask(mcp.TasksResult, `{"taskId":`+id+`}`)
		if !strings.Contains(result.String(), "job done T") || result.Find("_meta", mcp.MetaRelatedTask, "taskId") != id || !strings.Contains(result.String(), `{"action":"accept","content":{"n":1e400}}`) {
			t.Errorf("its result: %s", result)
		}
		if f := c.Notification(mcp.Progress); f.Find("progressToken") != `"mine"` {
			t.Errorf("progress of a task: %s", f)
		}
		if f := c.Notification(mcp.TasksStatus); f.Find("taskId") != id {
			t.Errorf("its status: %s", f)
		}
		if f := c.Ask(mcp.TasksGet, `{"taskId":`+id+`}`); f.Find("status") != `"completed"` {
			t.Errorf("tasks/get: %s", f)
		}
		if f := c.Ask(mcp.TasksList, `{}`); !strings.Contains(f.Find("tasks"), id) {
			t.Errorf("tasks/list: %s", f)
		}
		if f := c.Ask(mcp.TasksGet, `{"taskId":"no such task"}`); f.Err() == nil {
			t.Errorf("a task that nobody has: %s", f)
		}
		long := c.Ask(mcp.ToolsCall, `{"name":"fake__job","arguments":{"ms":60000},"task":{}}`).Find("task", "taskId")
		if f := c.Ask(mcp.TasksCancel, `{"taskId":`+long+`}`); f.Find("status") != `"cancelled"` {
			t.Errorf("tasks/cancel: %s", f)
		}
		for _, f := range other.Unread() {
			if f.Method() == mcp.TasksStatus || f.Method() == mcp.Progress {
				t.Errorf("another client was told of the task: %s", f)
			}
		}
	})
	t.Run("modern", func(t *testing.T) {
		w := newWorld(t, surfaceOf("modern", "global"))
		c := w.Connect(able("modern", noQuestion))
		f := c.Ask(mcp.ToolsCall, `{"name":"fake__job","arguments":{"ms":50,"ask":true,"tag":"T"}}`)
		id := f.Find("taskId")
		if f.Find("resultType") != `"task"` || id == "" {
			t.Fatalf("no task: %s", f)
		}
		listen := c.Listen(`{"taskIds":[` + id + `]}`)
		var now testbed.Frame
		testbed.Eventually(t, "the task to ask", func() bool {
			now = c.Ask(mcp.TasksGet, `{"taskId":`+id+`}`)
			return now.Find("status") == `"input_required"`
		})
		if !strings.Contains(now.Find("inputRequests"), "T: what is it?") {
			t.Errorf("it does not say what it wants: %s", now)
		}
		key := strings.SplitN(strings.TrimPrefix(now.Find("inputRequests"), "{"), ":{", 2)[0]
		if f := c.Ask(mcp.TasksUpdate, `{"taskId":`+id+`,"inputResponses":{`+key+`:{"action":"accept","content":{"n":1e400}}}}`); f.Err() != nil {
			t.Fatalf("tasks/update: %s", f)
		}
		testbed.Eventually(t, "the task to end", func() bool {
			now = c.Ask(mcp.TasksGet, `{"taskId":`+id+`}`)
			return now.Find("status") == `"completed"`
		})
		if !strings.Contains(now.Find("result"), "1e400") {
			t.Errorf("its result: %s", now)
		}
		if f := c.Told(listen, mcp.TasksNotice); f.Find("taskId") != id {
			t.Errorf("its status: %s", f)
		}
	})
}

// TestTasksOfOneName: ids are the servers' own, and two of them may give the
// same one. Then neither is guessed.
func TestTasksOfOneName(t *testing.T) {
	w := newWorld(t, surfaceOf("legacy", "global")+"  other: {command: @fake, args: [-surface]}\n")
	c := w.Connect(able("legacy", noQuestion))
	var id string
	for _, server := range []string{"fake", "other"} {
		id = c.Ask(mcp.ToolsCall, `{"name":"`+server+`__job","arguments":{"ms":10},"task":{}}`).Find("task", "taskId")
	}
	if f := c.Ask(mcp.TasksCancel, `{"taskId":`+id+`}`); f.Err() == nil || !strings.Contains(f.String(), "servers fake and other both have a task") {
		t.Errorf("got %s", f)
	}
}
