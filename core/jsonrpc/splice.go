package jsonrpc

// Edit replaces the bytes of a span. An empty span (Start == End, not the zero
// Span of an absent member) inserts.
type Edit struct {
	Span
	With []byte
}

// Splice appends frame to dst with edits made, and returns the result. Edits
// must be ordered and must not overlap.
func Splice(dst, frame []byte, edits ...Edit) []byte {
	at := 0
	for _, e := range edits {
		dst = append(dst, frame[at:e.Start]...)
		dst = append(dst, e.With...)
		at = e.End
	}
	return append(dst, frame[at:]...)
}
