package keyring

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// maxStderr is what is kept of what loom-keyring, pass and gpg say: a few lines.
const maxStderr = 4 << 10

// drain is how long after its end a descendant may still hold loom-keyring's
// pipes: a gpg-agent that was started for good must not hold us up.
const drain = 500 * time.Millisecond

// run starts loom-keyring for one operation. The error is an [*Error], or that
// of ctx when the caller gave up.
func (c *Client) run(ctx context.Context, req Request) (Reply, error) {
	failed := func(code Code, format string, args ...any) error {
		e := &Error{Op: req.Op, Backend: req.Backend, Code: code, Message: fmt.Sprintf(format, args...), Hint: hint(code, req.Backend)}
		if len(req.Names) == 1 {
			e.Name = req.Names[0]
		}
		return e
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout) // the process alone: a person may take longer over a passphrase
	defer cancel()
	in, err := json.Marshal(req)
	if err != nil {
		return Reply{}, failed(CodeBadRequest, "encoding the request: %v", err)
	}
	cmd := exec.CommandContext(ctx, c.opts.Program)
	cmd.Env = append(make([]string, 0, len(c.opts.Env)+1), c.opts.Env...) // never nil, which would mean ours
	if !req.Backend.onBus() {
		cmd.Env = append(cmd.Env, BusOff)
	}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // pass and gpg too
	cmd.WaitDelay = drain
	cmd.Stdin = bytes.NewReader(in)
	out, said := &capped{left: MaxReply}, &tail{}
	cmd.Stdout, cmd.Stderr = out, said
	err = cmd.Run()
	var lookup *exec.Error
	var start *fs.PathError
	switch {
	case errors.As(err, &lookup), errors.As(err, &start):
		e := failed(CodeUnavailable, "starting loom-keyring: %v", err).(*Error)
		e.Hint = "install loom-keyring beside loom and loomd, as make install does"
		return Reply{}, e
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Reply{}, failed(CodeTimeout, "no answer in %v%s: it may be locked and wait for somebody to unlock it", c.opts.Timeout, said)
	case err != nil && ctx.Err() != nil:
		return Reply{}, fmt.Errorf("%s of the keyring: %w", req.Op, context.Cause(ctx))
	case out.over:
		return Reply{}, failed(CodeFailed, "loom-keyring answered with over %d bytes", MaxReply)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return Reply{}, failed(CodeFailed, "loom-keyring ended with %v%s", err, said)
	}
	var reply Reply
	if err := json.Unmarshal(out.Bytes(), &reply); err != nil {
		return Reply{}, failed(CodeFailed, "loom-keyring gave no answer that can be read%s", said) // err may quote a value
	}
	if w := reply.Error; w != nil {
		if w.Backend != "" {
			req.Backend = w.Backend
		}
		e := failed(w.Code, "%s", w.Message).(*Error)
		if w.Hint != "" {
			e.Hint = w.Hint
		}
		return Reply{}, e
	}
	return reply, nil
}

// capped keeps what comes until it is too much. Then it takes no more, which
// ends the process.
type capped struct {
	bytes.Buffer
	left int
	over bool
}

func (b *capped) Write(p []byte) (int, error) {
	if len(p) > b.left {
		b.over = true
		return 0, errors.New("too much output")
	}
	b.left -= len(p)
	return b.Buffer.Write(p)
}

// tail keeps the last bytes.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - maxStderr; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}

// String is an ending for a message.
func (t *tail) String() string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(t.kept), "?"))
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}
