package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"

	"github.com/loom-core/loom/core/secret"
)

// errNoTerminal is a question that nobody can be asked.
var errNoTerminal = errors.New("there is no terminal to ask on")

// terminal is where the user sits, whatever stdin and stdout are.
type terminal struct{ file *os.File }

// openTerminal opens the controlling terminal. The error is errNoTerminal.
func openTerminal() (*terminal, error) {
	file, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, errNoTerminal
	}
	return &terminal{file}, nil
}

func (t *terminal) close() { t.file.Close() }

// confirm asks a question that is answered by y or n; no answer is n.
func (t *terminal) confirm(ctx context.Context, format string, args ...any) (bool, error) {
	fmt.Fprintf(t.file, format+" [y/N] ", args...)
	answer, err := t.read(ctx, func() ([]byte, error) { return readLine(t.file) })
	if err != nil {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// line asks for a line.
func (t *terminal) line(ctx context.Context, format string, args ...any) (string, error) {
	fmt.Fprintf(t.file, format, args...)
	return t.read(ctx, func() ([]byte, error) { return readLine(t.file) })
}

// hidden asks for a line that is not shown.
func (t *terminal) hidden(ctx context.Context, what string) (secret.Value, error) {
	fmt.Fprintf(t.file, "%s: ", what)
	text, err := t.read(ctx, func() ([]byte, error) { return term.ReadPassword(int(t.file.Fd())) })
	fmt.Fprintln(t.file)
	switch {
	case errors.Is(err, io.EOF):
		return secret.Value{}, fmt.Errorf("nothing was typed for %s", strings.ToLower(what[:1])+what[1:])
	case err != nil:
		return secret.Value{}, err
	case len(text) >= longestLine():
		dropInput(t.file)
		return secret.Value{}, fmt.Errorf("a terminal cuts a line of %d characters and more, so this one may be incomplete", longestLine())
	}
	return secret.NewValue(text), nil
}

// twice asks for a hidden line that has to be typed the same again.
func (t *terminal) twice(ctx context.Context, what string) (secret.Value, error) {
	first, err := t.hidden(ctx, what)
	if err != nil {
		return secret.Value{}, err
	}
	again, err := t.hidden(ctx, "The same again")
	if err != nil {
		return secret.Value{}, err
	}
	if !first.Equal(again) {
		// Perhaps several lines were pasted: the rest would go to the shell, which
		// runs it and keeps it in its history.
		dropInput(t.file)
		return secret.Value{}, errors.New("the two differ")
	}
	return first, nil
}

// read waits for the user or for the end of ctx. A terminal that was told to
// hide what is typed is put back in order then.
func (t *terminal) read(ctx context.Context, f func() ([]byte, error)) (string, error) {
	type line struct {
		text []byte
		err  error
	}
	fd := int(t.file.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return "", errNoTerminal
	}
	got := make(chan line, 1)
	go func() { // ends with an answer, or with the process
		text, err := f()
		got <- line{text, err}
	}()
	select {
	case l := <-got:
		return string(l.text), l.err
	case <-ctx.Done():
		term.Restore(fd, state)
		fmt.Fprintln(t.file)
		return "", context.Cause(ctx)
	}
}

// readLine takes no byte after the line end: those are the next answer.
func readLine(r io.Reader) ([]byte, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := r.Read(b)
		switch {
		case n == 1 && b[0] == '\n', err == io.EOF:
			return line, nil
		case err != nil:
			return nil, err
		case n == 1 && len(line) < longestLine():
			line = append(line, b[0])
		}
	}
}

// longestLine is what a terminal gives of one line at most; it drops the rest.
func longestLine() int {
	if runtime.GOOS == "darwin" {
		return 1023
	}
	return 4095
}
