package child

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/core/nonblock"
)

// writeLoop writes to the child's stdin what a reader did not write at once. It
// ends when the queue is closed or the child takes nothing any more.
func (p *Process) writeLoop() {
	defer p.stdin.Close()
	if err := p.toChild.Write(patient{p}); err != nil {
		// Half a frame may be in the pipe: this stream is of no more use.
		p.spec.Stderr.Add("loomd", fmt.Sprintf("writing to server %s (pid %s): %v", p.spec.Server, p.from, err))
		p.kill()
	}
}

// patient is the child's stdin with a limit to how long one write may take.
type patient struct{ p *Process }

func (w patient) Write(data []byte) (int, error) {
	w.p.stdin.SetWriteDeadline(time.Now().Add(w.p.limits.Write))
	return w.p.stdin.Write(data)
}

// readLoop is the only reader of the child's stdout. It never waits for
// anybody: callbacks put what they get into queues.
func (p *Process) readLoop() {
	frames := jsonrpc.NewReader(nonblock.NewReader(p.stdout), p.spec.MaxFrame)
	defer p.due.Flush()
	for {
		if !frames.Buffered() {
			p.due.Flush()
		}
		frame, err := frames.Next()
		p.frames.Add(1)
		p.due.Open()
		if large, ok := errors.AsType[*jsonrpc.TooLargeError](err); ok {
			p.tooLarge(large)
			continue
		}
		if err != nil {
			time.AfterFunc(p.limits.Close, p.mute)
			return
		}
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			p.addNoise(frame)
			continue
		}
		p.receive(frame, m)
	}
}

// mute ends a process that closed its stdout and lives on: it can answer nothing
// any more, and its calls would wait for their timeouts. One that is being
// stopped ends in its own time.
func (p *Process) mute() {
	p.mu.Lock()
	over := p.stopped || p.exited != nil
	p.mu.Unlock()
	if !over {
		p.Kill("it closed its stdout")
	}
}

func (p *Process) receive(frame []byte, m jsonrpc.Message) {
	switch m.Kind() {
	case jsonrpc.Response:
		id, ok := jsonrpc.Int(m.ID.Of(frame))
		r := p.take(id)
		if r == nil {
			p.stray.Add(1) // late, after a cancel or timeout; or never asked for
			if (!ok || !p.gave(id)) && p.spec.Handler != nil && p.stage.Load() == "call" {
				p.spec.Handler.Confused(p)
			}
			return
		}
		r.Done(Answer{Frame: frame, Message: m, List: &p.due})
	case jsonrpc.Request:
		p.answer(frame, m)
	case jsonrpc.Notification:
		switch method, _ := jsonrpc.Text(m.Method.Of(frame)); method {
		case mcp.Progress:
			p.progress(frame, m)
		default:
			if p.spec.Handler != nil {
				p.spec.Handler.Told(p, frame, m, method)
			}
		}
	default:
		p.addNoise(frame)
	}
}

// answer serves the requests of a server: ping here, all else above.
func (p *Process) answer(frame []byte, m jsonrpc.Message) {
	id := m.ID.Of(frame)
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	switch {
	case method == mcp.Ping:
		p.Reply(jsonrpc.NewResult(id, []byte("{}")))
	case p.spec.Handler == nil:
		p.Reply(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "there is nobody to answer %s", method)))
	default:
		p.spec.Handler.Asked(p, frame, m, method)
	}
}

// Reply sends the answer to a request of the server: the parts of a whole frame,
// without the end of its line. They are not to be changed any more.
func (p *Process) Reply(parts ...[]byte) {
	p.toChild.Push(nil, parts...)
}

func (p *Process) progress(frame []byte, m jsonrpc.Message) {
	span, ok := jsonrpc.Find(frame, m.Params, "progressToken")
	if !ok {
		return
	}
	id, ok := parseProgressToken(span.Of(frame))
	if !ok {
		return
	}
	var token []byte
	p.mu.Lock()
	r := p.pending[id]
	if r == nil {
		r = p.tasks[id]
	}
	if r != nil {
		token = r.token
		p.againLocked(r)
	}
	p.mu.Unlock()
	if token != nil {
		r.Progress(jsonrpc.Splice(make([]byte, 0, len(frame)+len(token)), frame, jsonrpc.Edit{Span: span, With: token}))
	}
}

func (p *Process) tooLarge(large *jsonrpc.TooLargeError) {
	if large.Method == "" {
		if id, ok := jsonrpc.Int(large.ID); ok {
			if r := p.take(id); r != nil {
				r.Done(Answer{Err: large, List: &p.due})
				return
			}
		}
	} else if large.ID != nil { // a request of its own, under an id of its own
		p.Reply(jsonrpc.NewError(large.ID, jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "%v", large)))
	}
	p.noise.Add(1)
	p.spec.Stderr.Add(p.from, "stdout: dropped: "+large.Error())
}

// addNoise notes a line of stdout that is no message: a log line in the wrong
// place must not cost the connection.
func (p *Process) addNoise(line []byte) {
	p.noise.Add(1)
	const most = 500
	if len(line) > most {
		line = line[:most]
	}
	p.spec.Stderr.Add(p.from, "stdout: "+strings.ToValidUTF8(string(line), "�"))
}
