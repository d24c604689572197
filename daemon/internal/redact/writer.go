package redact

import (
	"io"
	"strings"
)

// Writer masks what is written to w, where every Write is a text of its own: a
// record of a log.
func (s *Set) Writer(w io.Writer) io.Writer { return writer{s, w} }

type writer struct {
	set *Set
	w   io.Writer
}

func (w writer) Write(p []byte) (int, error) {
	if !w.set.Active() {
		return w.w.Write(p)
	}
	text := w.set.Text(string(p))
	if len(p) > 0 && p[len(p)-1] == '\n' && !strings.HasSuffix(text, "\n") {
		text += "\n" // masked with the beginning of a value
	}
	if _, err := io.WriteString(w.w, text); err != nil {
		return 0, err
	}
	return len(p), nil
}
