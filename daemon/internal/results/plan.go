package results

import "github.com/loom-core/loom/core/jsonrpc"

// plan collects what is to be cut, text by text.
type plan struct {
	frame  []byte
	budget int64
	left   int64 // of the budget
	at     int64 // in what is read: the texts joined with newlines
	rest   int64 // bytes of the result that are not text, without the items that go
	texts  int
	cuts   []aCut
}

// aCut is one place where bytes go.
type aCut struct {
	span  jsonrpc.Span
	gone  bool  // the whole item goes, with the comma before it
	first bool  // the text that is cut; nothing is shown of those after it
	line  bool  // it is cut after a line, or before anything is shown
	at    int64 // where the reading goes on
	size  int64 // decoded bytes that go
}

func (p *plan) add(t text) {
	inner := t.inner(p.frame)
	size := decodedSize(inner)
	if p.texts++; p.texts > 1 {
		p.at++
	}
	p.rest -= int64(len(inner))
	c := aCut{at: p.at, size: size}
	switch {
	case len(p.cuts) == 0 && size <= p.left:
		p.left -= size
		p.at += size
		return
	case len(p.cuts) == 0:
		at, shown, line := cut(inner, p.left, p.budget/5)
		c.first, c.at, c.size = true, p.at+shown, size-shown
		c.line = line || at == 0
		c.span = jsonrpc.Span{Start: t.Start + 1 + at, End: t.End - 1}
	case t.resource && size == 0:
		return
	case t.resource:
		c.span = jsonrpc.Span{Start: t.Start + 1, End: t.End - 1}
		p.rest += maxNotice
	default:
		c.gone = true // with the comma before it: one that is cut comes before
		c.span = jsonrpc.Span{Start: t.before, End: t.item.End}
		p.rest -= int64(t.item.End - t.item.Start - len(inner))
	}
	p.cuts = append(p.cuts, c)
	p.at += size
}
