package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/loom-core/loom/core/secret"
)

// maxSecret is more than any token or key has, and less than the system allows
// one variable of a process.
const maxSecret = 64 << 10

// noCoreDump keeps what this process holds out of a file, should it crash.
func noCoreDump() {
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) // less is always allowed
}

func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// value reads the value from where the flags say. No error holds any of it.
func (opts *SecretSetOptions) value(ctx context.Context) (secret.Value, error) {
	var text string
	switch {
	case opts.Stdin:
		data, err := readSecret(opts.IO.In, "stdin")
		if err != nil {
			return secret.Value{}, err
		}
		text = data
		if cut, ok := strings.CutSuffix(text, "\n"); ok {
			text = strings.TrimSuffix(cut, "\r")
			opts.IO.Note("the line end at the end of stdin is left out")
		}
	case opts.FromEnv != "":
		found := false
		for _, kv := range opts.Env {
			if value, ok := strings.CutPrefix(kv, opts.FromEnv+"="); ok {
				text, found = value, true
			}
		}
		if !found {
			return secret.Value{}, fmt.Errorf("%s is not set in this shell, or not exported", opts.FromEnv)
		}
	case opts.File != "":
		f, err := os.Open(opts.File)
		if err != nil {
			return secret.Value{}, fmt.Errorf("reading the value: %w", err)
		}
		defer f.Close()
		if text, err = readSecret(f, opts.File); err != nil {
			return secret.Value{}, err
		}
		if strings.Count(text, "\n") == 1 && strings.HasSuffix(text, "\n") {
			opts.IO.Note("the value ends in a line end, as the file does")
			opts.IO.Hint("without it: loom secret set %s --stdin <%s", opts.Name, opts.File)
		}
	default:
		t, err := opts.Terminal()
		if err != nil {
			return secret.Value{}, err
		}
		defer t.close()
		v, err := t.twice(ctx, "Value of "+opts.Name)
		if err != nil {
			return secret.Value{}, withHint(err, "a value that is long or has several lines: loom secret set %s --from-file FILE", opts.Name)
		}
		text = v.Reveal()
	}
	return secret.NewValue(text), checkSecret(text)
}

func readSecret(r io.Reader, from string) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSecret+3)) // one more than the value and a line end
	if err != nil {
		return "", fmt.Errorf("reading the value from %s: %w", from, err)
	}
	return string(data), nil
}

// checkSecret refuses what could not be given to a server as it is.
func checkSecret(text string) error {
	switch {
	case text == "":
		return withHint(errors.New("the value is empty"), "a secret that is not wanted any more: loom secret delete NAME")
	case len(text) > maxSecret:
		return fmt.Errorf("the value has over %d bytes, which is more than a variable can reliably hold", maxSecret)
	case bytes.IndexByte([]byte(text), 0) >= 0:
		return withHint(errors.New("the value holds a NUL byte, which no variable can"), "encode it first: base64 <FILE | loom secret set NAME --stdin")
	case !utf8.ValidString(text):
		return withHint(errors.New("the value is not text in UTF-8"), "encode it first: base64 <FILE | loom secret set NAME --stdin")
	}
	return nil
}
