package results

import (
	"github.com/loom-core/loom/core/jsonrpc"
)

// Limits bound a result, in bytes. 0 means that there is no bound.
type Limits struct {
	Text       int64 // of its texts together, decoded
	Structured int64 // of everything else together, as JSON: images, audio, structuredContent, links
}

// Source says what a result answers.
type Source struct {
	Server string
	Tool   string // the server's own name of it; empty for a resource
	Name   string // what the client asked for: the exposed name, or the URI
	Kind   Kind

	// NoReadTool is a session that does not list loom__read_result, as one of
	// a single server under its own names does not. It is told the resource alone.
	NoReadTool bool
}

// Bound holds a result to its limits. result is its span in frame, which must
// have passed [jsonrpc.Scan]. It returns the edits that bring the frame within
// them, ordered, none when it is: the text over the limit goes, the item that
// was cut ends with a notice of how to read the rest, later texts go with their
// items. Resources that come later stay, with a notice for a text, so that their
// URIs are known. Every other byte stays.
//
// What cannot be cut is refused whole: then err is set, and takes the place of
// the result. A result that is not complete (resultType, 2026-07-28) is none that
// a model sees, and is left alone.
//
// Only a result over its limits is written to disk, in this call. When that
// fails the notice says so.
func (s *Store) Bound(frame []byte, result jsonrpc.Span, l Limits, of Source) (edits []jsonrpc.Edit, err *TooLarge) {
	size := int64(result.End - result.Start)
	if within(size, l.Text) && within(size, l.Structured) {
		return nil, nil
	}
	if kind, ok := jsonrpc.Find(frame, result, "resultType"); ok && string(kind.Of(frame)) != `"complete"` {
		return nil, nil
	}
	var raw int64 // texts as JSON, never shorter than decoded
	eachText(frame, result, of.Kind, func(t text) { raw += int64(len(t.inner(frame))) })
	rest := size - raw
	if !within(raw, l.Text) {
		var decoded int64
		eachText(frame, result, of.Kind, func(t text) { decoded += decodedSize(t.inner(frame)) })
		if !within(decoded, l.Text) {
			return s.cut(frame, result, l, of)
		}
	}
	if !within(rest, l.Structured) {
		return nil, s.refuse(frame, result, l, of, rest)
	}
	return nil, nil
}

func within(size, limit int64) bool { return limit == 0 || size <= limit }

// cut makes the edits of a result whose texts are over the limit.
func (s *Store) cut(frame []byte, result jsonrpc.Span, l Limits, of Source) ([]jsonrpc.Edit, *TooLarge) {
	p := plan{frame: frame, budget: l.Text, left: l.Text, rest: int64(result.End - result.Start)}
	eachText(frame, result, of.Kind, p.add)
	if !within(p.rest, l.Structured) {
		return nil, s.refuse(frame, result, l, of, p.rest)
	}
	m, err := s.Put(result.Of(frame), Meta{Server: of.Server, Tool: of.Tool, Name: of.Name, Kind: of.Kind, Page: l.Text})
	if err != nil {
		s.opts.Log.Warn("the rest of a result is lost", "server", of.Server, "tool", of.Tool, "err", err)
	}
	n := notice{id: m.ID, total: p.at, noTool: of.NoReadTool, err: err}
	var edits []jsonrpc.Edit
	for _, c := range p.cuts {
		e := jsonrpc.Edit{Span: c.span}
		switch {
		case c.gone:
			if last := &edits[len(edits)-1]; last.End == e.Start && last.With == nil {
				last.End = e.End
				continue
			}
		case c.first:
			text := n.cut(c.at)
			if !c.line {
				text = "\n" + text
			}
			e.With = escape(text)
		default:
			e.With = escape(n.left(c.at, c.size))
		}
		edits = append(edits, e)
	}
	return edits, nil
}
