package fakeserver

import (
	"slices"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
)

// complete answers completion/complete with values that say what was asked for:
// the kind and name or URI of the ref, then argument=value. total and hasMore
// are there though they say nothing, and x-context is the context as it came.
func (s *server) complete(r *request) {
	kind, name, known := r.text("ref", "type"), "", false
	switch kind {
	case "ref/prompt":
		name = r.text("ref", "name")
		known = slices.Contains(Prompts, name)
	case "ref/resource":
		name = r.text("ref", "uri")
		known = strings.HasPrefix(name, URI(s.o.Name, ""))
	}
	if !known {
		s.fail(r, jsonrpc.CodeInvalidParams, "nothing to complete in %s %s", kind, name)
		return
	}
	context := r.param("context")
	if context == nil {
		context = jsonrpc.Null
	}
	s.result(r, []byte(`{"completion":{"values":[`+quote(kind+" "+name)+`,`+quote(r.text("argument", "name")+"="+r.text("argument", "value"))+`],"total":0,"hasMore":false,"x-context":`+string(context)+`},"x-complete":1e400}`))
}
