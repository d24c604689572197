package hub

import (
	"slices"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/catalog"
)

// Exposed is one tool, or one prompt, as clients see it.
type Exposed struct {
	Name  string
	Route loomrpc.Route
	Raw   []byte // the server's definition with the exposed name in it, and the user's own description if there is one

	// ReadOnly and Destructive are what the definition says of itself, with the
	// protocol's defaults: not read-only, and destructive (2025-11-25, "ToolAnnotations").
	// Whether that is believed is another question.
	ReadOnly, Destructive bool

	// Reads is a tool that is believed to only read, as a read-only profile has it.
	Reads bool
}

// expose puts the exposed name into a definition, and a description if there is
// one, and leaves the rest.
func expose(server string, t catalog.Tool, name, description string) Exposed {
	e := Exposed{Name: name, Route: loomrpc.Route{Server: server, Tool: t.Name}, Raw: t.Raw}
	var nameAt, descriptionAt, annotations jsonrpc.Span
	jsonrpc.Members(t.Raw, jsonrpc.Span{End: len(t.Raw)}, func(member string, value jsonrpc.Span) bool {
		switch member {
		case "name":
			nameAt = value
		case "description":
			descriptionAt = value
		case "annotations":
			annotations = value
		}
		return true
	})
	e.ReadOnly, e.Destructive = hints(t.Raw, annotations)
	if !nameAt.Present() {
		return e
	}
	var edits []jsonrpc.Edit
	if name != t.Name {
		edits = append(edits, jsonrpc.Edit{Span: nameAt, With: jsonrpc.Quote(name)})
	}
	switch text := jsonrpc.Quote(description); {
	case description == "":
	case descriptionAt.Present():
		edits = append(edits, jsonrpc.Edit{Span: descriptionAt, With: text})
	default:
		after := jsonrpc.Span{Start: nameAt.End, End: nameAt.End}
		edits = append(edits, jsonrpc.Edit{Span: after, With: append([]byte(`,"description":`), text...)})
	}
	if len(edits) == 0 {
		return e
	}
	slices.SortStableFunc(edits, func(a, b jsonrpc.Edit) int { return a.Start - b.Start })
	e.Raw = jsonrpc.Splice(make([]byte, 0, len(t.Raw)+len(name)+len(description)), t.Raw, edits...)
	return e
}

// hintsOf is what a definition says of itself.
func hintsOf(raw []byte) (readOnly, destructive bool) {
	annotations, _ := jsonrpc.Find(raw, jsonrpc.Span{End: len(raw)}, "annotations")
	return hints(raw, annotations)
}

func hints(raw []byte, annotations jsonrpc.Span) (readOnly, destructive bool) {
	destructive = true
	jsonrpc.Members(raw, annotations, func(member string, value jsonrpc.Span) bool {
		switch text := string(value.Of(raw)); {
		case member == "readOnlyHint":
			readOnly = text == "true"
		case member == "destructiveHint":
			destructive = text != "false"
		}
		return true
	})
	return readOnly, destructive && !readOnly // the second counts only where the first is not set
}
