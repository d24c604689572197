package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// IO is what a command reads and writes. The zero values of the booleans and
// of Width fit a pipe.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	ErrTTY   bool
	Color    bool // on Out
	Width    int  // columns of Out; 0 when it is no terminal

	quiet bool // no notes: a shell asks for completions
}

func newIO() *IO {
	s := &IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	s.ErrTTY = term.IsTerminal(int(os.Stderr.Fd()))
	if out := int(os.Stdout.Fd()); term.IsTerminal(out) {
		s.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		if width, _, err := term.GetSize(out); err == nil {
			s.Width = width
		}
	}
	return s
}

// Note says something on stderr.
func (s *IO) Note(format string, args ...any) {
	if !s.quiet {
		fmt.Fprintf(s.Err, "loom: "+format+"\n", args...)
	}
}

// Hint says on stderr what to do about the note before it.
func (s *IO) Hint(format string, args ...any) {
	if !s.quiet {
		fmt.Fprintf(s.Err, "hint: "+format+"\n", args...)
	}
}

// JSON prints v, indented.
func (s *IO) JSON(v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	_, err := s.Out.Write(buf.Bytes())
	return err
}

// jsonLine prints v on one line.
func jsonLine(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// Progress shows text and the seconds that have passed on stderr, if that is a
// terminal and the wait is longer than after. stop takes the line away.
func (s *IO) Progress(after time.Duration, text string) (stop func()) {
	if !s.ErrTTY || s.quiet {
		return func() {}
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() { // ends when stop is called
		began := time.Now()
		next := time.NewTimer(after)
		defer next.Stop()
		shown := false
		for {
			select {
			case <-done:
				if shown {
					fmt.Fprint(s.Err, "\r\x1b[K")
				}
				return
			case <-next.C:
				fmt.Fprintf(s.Err, "\r\x1b[K%s … %s", text, age(time.Since(began)))
				shown = true
				next.Reset(time.Second)
			}
		}
	})
	return sync.OnceFunc(func() {
		close(done)
		wg.Wait()
	})
}

// style is an SGR attribute; the empty one is plain text.
type style string

const (
	good style = "32"
	bad  style = "31"
	warn style = "33"
	dim  style = "2"
	bold style = "1"
)

// paint returns text in a style, where there are colours.
func (s *IO) paint(text string, st style) string {
	if !s.Color || st == "" || text == "" {
		return text
	}
	return "\x1b[" + string(st) + "m" + text + "\x1b[0m"
}

// oneLine is text without line ends and other control characters, which a
// server may have put into a description, as one cell of a table.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}
