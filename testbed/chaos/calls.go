package chaos

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/core/fakeserver"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// outcome is what became of a step: "ok", the word of an error, or another word.
type outcome string

// Outcomes that are not words of Loom's errors.
const (
	ok        outcome = "ok"
	refused   outcome = "refused"   // the call came back, and what it asked was refused
	taken     outcome = "cancelled" // taken back by the client
	ownError  outcome = "server's error"
	forgotten outcome = "unknown task" // its server was started anew
)

// perform does one step at one life of a client.
func (l *life) perform(s step, mark string) outcome {
	quoted := `"` + mark + `"`
	call := func(name, arguments, more, want string) outcome {
		f, end := l.ask(mcp.ToolsCall, tool(s.server, name, arguments, more))
		return l.judge(s, f, end, want)
	}
	switch s.kind {
	case echo:
		arguments := `{"mark": ` + quoted + `,"big":9007199254740993,"pad":"` + strings.Repeat("<&>", s.pick%200) + `"}`
		return call("echo", arguments, "", `"structuredContent":`+arguments)
	case progress:
		return l.progress(s, mark)
	case big:
		n := 1 << (10 + s.pick%11)
		return call("big", fmt.Sprintf(`{"bytes":%d,"mark":%s}`, n, quoted), "", `"`+strings.Repeat("x", n)+`"`)
	case asking:
		kinds := []string{"elicitation", "sampling", "elicitation_url"}
		return call("ask", fmt.Sprintf(`{"kind":%q,"tag":%s,"times":%d,"shed":%d}`, kinds[s.pick%3], quoted, 1+s.pick/3%2, s.pick/7%2), "", `"answer":`+quoted)
	case logging:
		return call("log", fmt.Sprintf(`{"text":%s,"n":%d}`, quoted, 1+s.pick%5), `,"_meta":{"io.modelcontextprotocol/logLevel":"info"}`, `logged `)
	case touch:
		return call("touch", `{"uri":"`+l.uri(s, 0)+`"}`, "", "told ")
	case follow:
		return l.follow(s)
	case prompt:
		f, end := l.ask(mcp.PromptsGet, `{"name":"`+s.server.name+`__greet","arguments":{"name":`+quoted+`}}`)
		return l.judge(s, f, end, `"text":`+quoted)
	case wondered:
		f, end := l.ask(mcp.PromptsGet, `{"name":"`+s.server.name+`__asking","arguments":{"name":`+quoted+`}}`)
		return l.judge(s, f, end, mark)
	case read:
		f, end := l.ask(mcp.ResourcesRead, `{"uri":"`+fakeserver.URI(s.server.name, "items/"+mark)+`"}`)
		return l.judge(s, f, end, "item "+mark+" of "+s.server.name)
	case job:
		return l.job(s, mark)
	case cancel, unwanted:
		return l.takeBack(s, mark)
	case failing:
		return call("error", "{}", "", "")
	case list:
		f, end := l.ask([]string{mcp.ToolsList, mcp.PromptsList, mcp.ResourcesList, mcp.TemplatesList}[s.pick%4], "{}")
		return l.judge(s, f, end, "")
	}
	method := mcp.Ping
	if l.of.modern() {
		method = mcp.Discover
	}
	f, end := l.ask(method, "{}")
	return l.judge(s, f, end, "")
}

// progress calls with a token and looks that nothing comes after the answer.
func (l *life) progress(s step, mark string) outcome {
	token := `"` + mark + `"`
	l.mu.Lock()
	l.tokens[token] = 0
	l.mu.Unlock()
	f, end := l.ask(mcp.ToolsCall, tool(s.server, "sleep", fmt.Sprintf(`{"ms":%d,"n":5}`, s.ms), `,"_meta":{"progressToken":`+token+`}`))
	o := l.judge(s, f, end, "slept")
	l.mu.Lock()
	defer l.mu.Unlock()
	if delete(l.tokens, token); end == "" {
		l.spent[token] = true
	}
	return o
}

// uri is a resource of a server that several clients follow.
func (l *life) uri(s step, more int) string {
	return fakeserver.URI(s.server.name, "items/"+strconv.Itoa((s.pick+more)%3))
}

// follow subscribes to a resource and gives that up again.
func (l *life) follow(s step) outcome {
	uri := l.uri(s, 0)
	l.mu.Lock()
	l.uris[uri] = true
	l.mu.Unlock()
	if l.of.modern() {
		id, answer := l.send(mcp.Listen, `{"notifications":{"resourceSubscriptions":["`+uri+`"]}}`)
		select {
		case f := <-answer: // the server gave it up
			return l.judge(s, f, "", "")
		case <-l.Ended():
			return outcome(gone)
		case <-time.After(time.Duration(s.ms) * time.Millisecond):
		}
		l.cancel(id)
		return ok
	}
	params := `{"uri":"` + uri + `"}`
	f, end := l.ask(mcp.ResourcesSubscribe, params)
	if o := l.judge(s, f, end, `{}`); o != ok || s.pick%2 == 0 {
		return o
	}
	f, end = l.ask(mcp.ResourcesUnsubscribe, params)
	return l.judge(s, f, end, `{}`)
}

// takeBack begins a call that has no end, or one that asks, and cancels it; a
// client of the modern era has then answered the first question.
func (l *life) takeBack(s step, mark string) outcome {
	params := tool(s.server, "hang", `{"mark":"`+mark+`"}`, "")
	if s.kind == unwanted {
		params = tool(s.server, "ask", `{"kind":"elicitation","tag":"`+mark+`","times":3}`, "")
	}
	id, answer := l.send(mcp.ToolsCall, params)
	pause := time.After(time.Duration(s.ms) * time.Millisecond)
	select {
	case f := <-answer:
		if !f.WantsInput() {
			return l.judge(s, f, "", "")
		}
		id, _ = l.send(mcp.ToolsCall, l.Again(params, f))
	case <-l.Ended():
		return outcome(gone)
	case <-pause:
	}
	l.cancel(id)
	return taken
}

// job runs a task to its end.
func (l *life) job(s step, mark string) outcome {
	more := ""
	if s.server.era == "legacy" {
		more = `,"task":{"ttl":60000}`
	}
	f, end := l.ask(mcp.ToolsCall, tool(s.server, "job", fmt.Sprintf(`{"ms":%d,"tag":"%s"}`, s.ms, mark), more))
	if o := l.judge(s, f, end, ""); o != ok {
		return o
	}
	id := f.Find("task", "taskId")
	if id == "" {
		id = f.Find("taskId")
	}
	want := "job done " + mark
	if id == "" { // it was run as a call
		return l.judge(s, f, end, want)
	}
	params := `{"taskId":` + id + `}`
	if s.server.era == "legacy" && s.pick%3 > 0 {
		f, end = l.ask(mcp.TasksResult, params)
		return l.judge(s, f, end, want)
	}
	for range 200 {
		f, end = l.ask(mcp.TasksGet, params)
		if o := l.judge(s, f, end, ""); o != ok {
			return o
		}
		switch f.Find("status") {
		case `"working"`:
			time.Sleep(10 * time.Millisecond)
		case `"completed"`:
			if s.server.era == "modern" {
				return l.judge(s, f, end, want)
			}
			return ok
		default:
			l.of.run.fault("a task of client %d came to %s", l.of.index, f)
			return ownError
		}
	}
	return forgotten
}

// judge holds an answer against what must hold for each. A result must have the
// text that is wanted.
func (l *life) judge(s step, f testbed.Frame, end ended, want string) outcome {
	if end != "" {
		return outcome(end)
	}
	e := f.Err()
	if e == nil {
		switch {
		case s.kind == asking && strings.Contains(string(f.Raw), `"error":{"code":-32601`):
			l.of.run.tally.refusedOne()
			return refused
		case s.kind == wondered && strings.Contains(string(f.Raw), `-32601`):
			l.of.run.tally.refusedOne()
			return refused
		case !has(f, want):
			l.of.run.fault("client %d has %.200q in no answer to %s of %s: %s", l.of.index, want, s.kind, s.server.name, f)
			return "WRONG"
		}
		return ok
	}
	bad := func(why string) outcome {
		l.of.run.fault("client %d got for %s of %s an error that %s: %s", l.of.index, s.kind, s.server.name, why, f)
		return "BAD ERROR"
	}
	switch {
	case e.Message == "" || e.Code == 0:
		return bad("says nothing")
	case e.Code <= -31000 && e.Code > -32000: // Loom's own
		switch e.Data.Code {
		case "server_failed", "timeout", "cancelled":
			if e.Data.Server != s.server.name && !strings.Contains(e.Message, "requestState") {
				return bad("does not say which server it was")
			}
		case "daemon_gone":
		default:
			return bad("cannot be")
		}
		return outcome(e.Data.Code)
	case e.Code == -4711 && s.kind == failing:
		return ownError
	case s.kind == job && strings.Contains(e.Message, "no task"), s.kind == job && strings.Contains(e.Message, "unknown task"):
		return forgotten
	}
	return bad("nobody should give")
}
