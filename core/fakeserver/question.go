package fakeserver

import (
	"context"
	"net/url"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// question is the method of one kind of question, and the raw members of its
// params; method is empty when there is no such kind. The tag is in what a
// person or a model would see. id is what an elicitation in a browser is known
// by; only the legacy era has one.
func question(kind, tag, id string) (method string, members []string) {
	message := `"message":` + quote(tag+": what is it? <é>")
	switch kind {
	case "elicitation":
		return "elicitation/create", []string{message, `"requestedSchema":{"type":"object","properties":{"answer":{"type":"string","title":"<answer>","x-unknown":0.10}},"required":["answer"]}`, `"x-ask":9007199254740993`}
	case "elicitation_url":
		members = []string{`"mode":"url"`, message, `"url":` + quote("https://example.invalid/"+url.PathEscape(tag))}
		if id != "" {
			members = append(members, `"elicitationId":`+quote(elicitationID(id)))
		}
		return "elicitation/create", members
	case "sampling":
		return "sampling/createMessage", []string{`"messages":[{"role":"user","content":{"type":"text","text":` + quote(tag) + `}}]`, `"maxTokens":10`, `"temperature":0.10`, `"x-ask":9007199254740993`}
	case "roots":
		return "roots/list", nil
	case "ping":
		return mcp.Ping, nil
	case "custom":
		return "x/custom", []string{`"tag":` + quote(tag), `"n":9007199254740993`}
	}
	return "", nil
}

func elicitationID(id string) string { return "url-" + id }

// posed is a request that was sent to the client.
type posed struct {
	id     string // raw
	kind   string
	answer <-chan []byte // one frame, at most
}

// pose sends a question of a kind that there is. With progress the client may
// report some, under a token that is the id; with related it belongs to that
// task.
func (s *server) pose(kind, tag string, progress bool, related string) posed {
	answer := make(chan []byte, 1)
	s.mu.Lock()
	id := string(jsonrpc.ID(s.asked))
	s.asked++
	s.waiting[id] = answer
	s.mu.Unlock()
	method, members := question(kind, tag, id)
	var meta []string
	if progress {
		meta = append(meta, `"progressToken":`+id)
	}
	if related != "" {
		meta = append(meta, relatedTask(related))
	}
	if meta != nil {
		members = append(members, `"_meta":{`+strings.Join(meta, ",")+`}`)
	}
	var params []byte
	if members != nil {
		params = []byte("{" + strings.Join(members, ",") + "}")
	}
	s.write(jsonrpc.NewRequest([]byte(id), method, params))
	return posed{id: id, kind: kind, answer: answer}
}

// answered passes on the client's answer. One to what was not asked, or was
// taken back, is in the journal alone.
func (s *server) answered(frame []byte, m jsonrpc.Message) {
	id := string(m.ID.Of(frame))
	s.mu.Lock()
	answer := s.waiting[id]
	delete(s.waiting, id)
	s.mu.Unlock()
	if answer != nil {
		answer <- frame
	}
}

// await waits for the answer: {"result":…} or {"error":…}, raw. When ctx ends
// first the question is taken back, and ok is false.
func (s *server) await(ctx context.Context, p posed) (answer string, ok bool) {
	select {
	case frame := <-p.answer:
		m, _ := jsonrpc.Scan(frame) // it passed before
		if m.Error.Present() {
			return `{"error":` + string(m.Error.Of(frame)) + `}`, true
		}
		action, _ := jsonrpc.Find(frame, m.Result, "action")
		if p.kind == "elicitation_url" && string(action.Of(frame)) == `"accept"` {
			s.notify("notifications/elicitation/complete", `{"elicitationId":`+quote(elicitationID(p.id))+`,"x-complete":true}`)
		}
		return `{"result":` + string(m.Result.Of(frame)) + `}`, true
	case <-ctx.Done():
	}
	s.mu.Lock()
	_, open := s.waiting[p.id]
	delete(s.waiting, p.id)
	s.mu.Unlock()
	if open && s.ctx.Err() == nil {
		s.notify(mcp.Cancelled, `{"requestId":`+p.id+`,"reason":"<no longer> needed"}`)
	}
	return "", false
}
