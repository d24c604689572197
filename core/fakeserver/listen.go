package fakeserver

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
)

// listen is one subscription of the modern era (2026-07-28, "Subscriptions").
type listen struct {
	id        []byte // raw: that of the request, and of the subscription
	changes   map[string]bool
	resources []string // URIs
	tasks     []string // ids
}

// listen answers subscriptions/listen: with a notification now, and with a
// result when the server ends the subscription.
func (s *server) listen(r *request) {
	l := &listen{id: slices.Clone(r.id), changes: map[string]bool{}}
	var agreed []string
	for _, kind := range []string{"tools", "prompts", "resources"} {
		if string(r.param("notifications", kind+"ListChanged")) == "true" {
			l.changes[kind] = true
			agreed = append(agreed, `"`+kind+`ListChanged":true`)
		}
	}
	if raw := r.param("notifications", "resourceSubscriptions"); json.Unmarshal(raw, &l.resources) == nil {
		agreed = append(agreed, `"resourceSubscriptions":`+string(raw))
	}
	if raw := r.param("notifications", "taskIds"); json.Unmarshal(raw, &l.tasks) == nil {
		if s.lacksTasks(r) {
			return
		}
		agreed = append(agreed, `"taskIds":`+string(raw))
	}
	s.tell(l, "notifications/subscriptions/acknowledged", `"notifications":{`+strings.Join(agreed, ",")+`}`)
	s.mu.Lock()
	s.listens = append(s.listens, l)
	s.mu.Unlock()
}

// tell sends a notification with raw members of the params to one subscription.
func (s *server) tell(l *listen, method, members string) {
	if members != "" {
		members = "," + members
	}
	s.notify(method, `{"_meta":{"`+metaSubscription+`":`+string(l.id)+`,"x-meta":0.10}`+members+`}`)
}

// tellAll sends it to those that want it, and returns how many that were.
func (s *server) tellAll(method, members string, wants func(*listen) bool) (n int) {
	s.mu.Lock()
	all := slices.Clone(s.listens)
	s.mu.Unlock()
	for _, l := range all {
		if wants(l) {
			s.tell(l, method, members)
			n++
		}
	}
	return n
}

// forget ends the subscription of that raw id, if there is one, without a word:
// the client took it back.
func (s *server) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listens = slices.DeleteFunc(s.listens, func(l *listen) bool { return string(l.id) == id })
}

// unlisten ends all subscriptions, each with its result.
func (s *server) unlisten() int {
	s.mu.Lock()
	all := s.listens
	s.listens = nil
	s.mu.Unlock()
	for _, l := range all {
		s.answer(jsonrpc.NewResult(l.id, []byte(`{"resultType":"complete","_meta":{"`+metaSubscription+`":`+string(l.id)+`}}`)))
	}
	return len(all)
}

// unlistenCall is the tool that ends all subscriptions from the server's side.
func (s *server) unlistenCall(r *request, _ []byte) {
	s.result(r, textResult(fmt.Sprintf("ended %d", s.unlisten())))
}

// changed says that a list is another now: tools, prompts or resources.
func (s *server) changed(kind string) {
	method := "notifications/" + kind + "/list_changed"
	if s.modern() && s.o.Surface {
		s.tellAll(method, "", func(l *listen) bool { return l.changes[kind] })
		return
	}
	s.notify(method, "")
}

func (s *server) growPrompts(r *request, _ []byte) {
	s.mu.Lock()
	s.grown.prompts++
	s.mu.Unlock()
	s.changed("prompts")
	s.result(r, textResult("grown"))
}

func (s *server) growResources(r *request, _ []byte) {
	s.mu.Lock()
	s.grown.resources++
	s.mu.Unlock()
	s.changed("resources")
	s.result(r, textResult("grown"))
}

// touch is the tool {uri} that tells those who watch a resource of a change.
func (s *server) touch(r *request, arguments []byte) {
	span, _ := jsonrpc.Find(arguments, jsonrpc.Span{End: len(arguments)}, "uri")
	uri, _ := jsonrpc.Text(span.Of(arguments))
	const method = "notifications/resources/updated"
	members, n := `"uri":`+quote(uri)+`,"x-updated":1e400`, 0
	if s.modern() {
		n = s.tellAll(method, members, func(l *listen) bool { return slices.Contains(l.resources, uri) })
	} else {
		s.mu.Lock()
		watched := s.watched[uri]
		s.mu.Unlock()
		if watched {
			s.notify(method, "{"+members+"}")
			n = 1
		}
	}
	s.result(r, textResult(fmt.Sprintf("told %d", n)))
}
