package child

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// writeLoop is the only writer of the child's stdin. It writes whole frames,
// several at once when several wait, and ends when the queue is closed or the
// child takes nothing any more.
func (p *Process) writeLoop() {
	defer p.stdin.Close()
	var batch []byte
	for {
		frames, ok := p.toChild.take()
		if !ok {
			return
		}
		for len(frames) > 0 {
			data := frames[0]
			if frames = frames[1:]; len(frames) > 0 && len(data) < maxBatch {
				batch = append(batch[:0], data...)
				for len(frames) > 0 && len(batch)+len(frames[0]) <= maxBatch {
					batch = append(batch, frames[0]...)
					frames = frames[1:]
				}
				data = batch
			}
			p.stdin.SetWriteDeadline(time.Now().Add(p.limits.Write))
			if _, err := p.stdin.Write(data); err != nil {
				// Half a frame may be in the pipe: this stream is of no more use.
				p.spec.Stderr.Add("loomd", fmt.Sprintf("writing to server %s (pid %s): %v", p.spec.Server, p.from, err))
				p.kill()
				return
			}
		}
	}
}

// maxBatch is what a pipe takes at once on Linux.
const maxBatch = 64 << 10

// readLoop is the only reader of the child's stdout. It never waits for
// anybody: callbacks put what they get into queues.
func (p *Process) readLoop() {
	frames := jsonrpc.NewReader(p.stdout, p.spec.MaxFrame)
	for {
		frame, err := frames.Next()
		var large *jsonrpc.TooLargeError
		if errors.As(err, &large) {
			p.tooLarge(large)
			continue
		}
		if err != nil {
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

func (p *Process) receive(frame []byte, m jsonrpc.Message) {
	switch m.Kind() {
	case jsonrpc.Response:
		id, ok := jsonrpc.Int(m.ID.Of(frame))
		r := p.take(id)
		if !ok || r == nil {
			p.stray.Add(1) // late, after a cancel or timeout; or never asked for
			return
		}
		r.Done(Answer{Frame: frame, Message: m})
	case jsonrpc.Request:
		p.answer(frame, m)
	case jsonrpc.Notification:
		switch method, _ := jsonrpc.Text(m.Method.Of(frame)); method {
		case mcp.Progress:
			p.progress(frame, m)
		case mcp.ToolsListChanged:
			if p.spec.ListChanged != nil {
				p.spec.ListChanged()
			}
		}
	default:
		p.addNoise(frame)
	}
}

// answer serves the requests of a server. It was told of no client features,
// so there is nothing but ping that it may ask for.
func (p *Process) answer(frame []byte, m jsonrpc.Message) {
	id := m.ID.Of(frame)
	reply := jsonrpc.NewResult(id, []byte("{}"))
	if method, _ := jsonrpc.Text(m.Method.Of(frame)); method != mcp.Ping {
		reply = jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "loom did not declare the capability for %s", method))
	}
	p.toChild.push(append(reply, '\n'))
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
	p.mu.Lock()
	r := p.pending[id]
	if r != nil && r.timer != nil {
		r.timer.Reset(r.Timeout)
	}
	p.mu.Unlock()
	if r != nil && r.token != nil {
		r.Progress(jsonrpc.Splice(make([]byte, 0, len(frame)+len(r.token)), frame, jsonrpc.Edit{Span: span, With: r.token}))
	}
}

func (p *Process) tooLarge(large *jsonrpc.TooLargeError) {
	id, ok := jsonrpc.Int(large.ID)
	if r := p.take(id); ok && r != nil && large.Method == "" {
		r.Done(Answer{Err: large})
		return
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
