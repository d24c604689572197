package owntool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/loom-core/loom/core/jsonrpc"
)

// Found is one tool that a search found.
type Found struct {
	Name       string // as clients see it
	Definition []byte // raw; the name in it may be the server's own
}

// Server is one that a model can look at when nothing was found.
type Server struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// Answer is what a search found.
type Answer struct {
	Hits    []Found
	More    int      // how many were left out
	Servers []Server // that the session sees; named if nothing was found
}

// copied are the members of a definition that an answer has, in its order, byte
// by byte as the server wrote them.
var copied = []string{"description", "annotations", "inputSchema", "outputSchema"}

// SearchResult is the result of a call of search_tools: as text a line per tool
// and its input schema, as structuredContent {"tools":[{name, description,
// annotations, inputSchema, outputSchema}]}, what a definition lacks left out. It
// is not bounded: fifty schemas can be long.
func SearchResult(a Answer) []byte {
	var text strings.Builder
	structured := []byte(`{"tools":[`)
	for i, hit := range a.Hits {
		if i > 0 {
			structured = append(structured, ',')
		}
		structured = append(append(structured, `{"name":`...), jsonrpc.Quote(hit.Name)...)
		def := trim(hit.Definition)
		for _, key := range copied {
			if span, ok := jsonrpc.Find(def, jsonrpc.Span{End: len(def)}, key); ok {
				structured = append(append(structured, `,"`+key+`":`...), span.Of(def)...)
			}
		}
		structured = append(structured, '}')
		describe(&text, hit.Name, def)
	}
	structured = append(structured, ']')
	switch {
	case len(a.Hits) == 0:
		nothing(&text, a.Servers)
		servers, _ := jsonrpc.Marshal(append([]Server{}, a.Servers...)) // strings only
		structured = append(append(structured, `,"servers":`...), servers...)
	case a.More > 0:
		fmt.Fprintf(&text, "%d more were found and left out: search with other words, a server, or a higher limit (at most %d).\n", a.More, MaxLimit)
		structured = fmt.Appendf(structured, `,"more":%d`, a.More)
	}
	structured = append(structured, '}')
	out := append([]byte(`{"content":[{"type":"text","text":`), jsonrpc.Quote(text.String())...)
	out = append(append(out, `}],"structuredContent":`...), structured...)
	return append(out, '}')
}

// describe writes a tool for a model: what it is called, what it does, whether
// that is harmless, and how to call it.
func describe(b *strings.Builder, name string, def []byte) {
	var d struct {
		Title       string
		Description string
		Annotations struct {
			ReadOnlyHint, DestructiveHint, IdempotentHint, OpenWorldHint *bool
		}
		InputSchema json.RawMessage
	}
	_ = json.Unmarshal(def, &d) // what cannot be read is left out
	b.WriteString(name)
	var hints []string
	hint := func(is *bool, yes, not string) {
		if is != nil && *is {
			hints = append(hints, yes)
		} else if is != nil && not != "" {
			hints = append(hints, not)
		}
	}
	a := d.Annotations
	hint(a.ReadOnlyHint, "read-only", "not read-only")
	if a.ReadOnlyHint == nil || !*a.ReadOnlyHint { // of a tool that reads these say nothing (2025-11-25, ToolAnnotations)
		hint(a.DestructiveHint, "destructive", "not destructive")
		hint(a.IdempotentHint, "idempotent", "")
	}
	hint(a.OpenWorldHint, "open world", "")
	if len(hints) > 0 {
		fmt.Fprintf(b, " (%s)", strings.Join(hints, ", "))
	}
	line := oneLine(d.Description)
	if line == "" {
		line = oneLine(d.Title)
	}
	if line != "" {
		b.WriteString(": " + line)
	}
	var schema bytes.Buffer
	if json.Compact(&schema, d.InputSchema) == nil && schema.Len() > 0 {
		b.WriteString("\n  inputSchema: ")
		b.Write(schema.Bytes())
	}
	b.WriteString("\n\n")
}

func nothing(b *strings.Builder, servers []Server) {
	b.WriteString("No tool was found.")
	if len(servers) == 0 {
		b.WriteString(" There is no server behind this connection that has any (loom__status says more).\n")
		return
	}
	b.WriteString(" Try other words, or list the tools of one server with {\"server\":\"NAME\"}:\n")
	for _, s := range servers {
		b.WriteString("- " + s.Name)
		if line := oneLine(s.Description); line != "" {
			b.WriteString(": " + line)
		}
		b.WriteByte('\n')
	}
}

// ErrorResult is a tools/call result that tells the model what was wrong.
func ErrorResult(err error) []byte {
	out := append([]byte(`{"content":[{"type":"text","text":`), jsonrpc.Quote(err.Error())...)
	return append(out, `}],"isError":true}`...)
}

// oneLine is the first paragraph of text on one line, of at most 300 bytes.
func oneLine(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), "\n\n")
	return clip(strings.Join(strings.Fields(text), " "), 300)
}

func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}

func trim(raw []byte) []byte { return bytes.TrimSpace(raw) }
