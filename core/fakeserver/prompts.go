package fakeserver

import (
	"fmt"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
)

// Prompts are the names of the prompts, in the order of the list. greet needs
// the argument name; asking asks the client something before it is given.
var Prompts = []string{"greet", "plain", "asking"}

// PromptDefinition is a prompt as the server lists it.
func PromptDefinition(name string) string {
	if name == "plain" {
		return `{"name":"plain"}`
	}
	return `{"name":"` + name + `","title":"<` + name + `> & \u00e9 𝄞","description":"","arguments":[{"name":"name","title":"<who>","required":` + fmt.Sprint(name == "greet") + `,"x-argument":1e400},{"name":"style","required":false}],"icons":[{"src":"data:,x","x-icon":true}],"_meta":{"a<>&":0.10},"x-prompt":[ 1 , 2 ]}`
}

func (s *server) listPrompts(r *request) {
	names := append([]string{}, Prompts...)
	s.mu.Lock()
	for i := range s.grown.prompts {
		names = append(names, fmt.Sprintf("grown-%d", i))
	}
	s.mu.Unlock()
	var definitions []string
	for _, n := range names {
		definitions = append(definitions, PromptDefinition(n))
	}
	s.page(r, "prompts", definitions)
}

func (s *server) getPrompt(r *request) {
	name := r.text("name")
	switch {
	case name == "greet":
		who := r.param("arguments", "name")
		if who == nil {
			s.fail(r, jsonrpc.CodeInvalidParams, "prompt greet lacks the argument name")
			return
		}
		s.prompt(r, string(who))
	case name == "plain":
		s.result(r, []byte(`{"messages":[{"role":"user","content":{"type":"text","text":"plain"}}]}`))
	case strings.HasPrefix(name, "grown-"):
		s.prompt(r, quote(name))
	case name == "asking":
		if given, ok := s.inquire(r, inquiry{Kind: "elicitation", Tag: r.text("arguments", "name")}); ok {
			s.prompt(r, quote(string(given)))
		}
	default:
		s.fail(r, jsonrpc.CodeInvalidParams, "no prompt %s", name)
	}
}

// prompt answers with messages of several kinds, one of which no SDK knows. The
// first has that raw text.
func (s *server) prompt(r *request, text string) {
	s.result(r, []byte(`{"description":"<from `+s.o.Name+`> & \u00e9","messages":[`+
		`{"role":"user","content":{"type":"text","text":`+text+`,"annotations":{"priority":0.10},"x-unknown":1e400},"x-message":1},`+
		`{"role":"assistant","content":{"type":"resource_link","uri":"`+URI(s.o.Name, "text")+`","name":"text","icons":[{"src":"data:,x"}]}},`+
		`{"role":"user","content":{"type":"resource","resource":{"uri":"`+URI(s.o.Name, "text")+`","text":"","x-unknown":9007199254740993}}},`+
		`{"role":"user","content":{"type":"video","data":"","mimeType":"video/x-unknown"}}`+
		`],"_meta":{"a<>&":0.10},"x-prompt":true}`))
}
