package launch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/core/localsock"
)

const (
	maxLog   = 10 << 20 // then it is rotated
	tailSize = 16 << 10 // of the log, read for the error
	tailMax  = 12       // lines of it
	tailHead = 4        // of those, from its beginning: a panic says first what it is
)

// process is a loomd that was started and does not yet answer.
type process struct {
	cmd     *exec.Cmd // loomd, or what stands between it and us
	pid     int       // of loomd
	release func()    // what stands between may go
	started time.Time
	log     string
	from    int64         // size of the log when it started
	ended   chan struct{} // closed when it has ended; then cmd.ProcessState is set
}

// start runs loomd detached: in a session of its own, in HOME and without a
// terminal, so that neither ^C nor the end of the starter reaches it.
func start(ctx context.Context, binary string, o Options) (*process, error) {
	env, err := environ.ForDaemon(ctx, o.Dirs.SavedEnvironment())
	if err != nil {
		return nil, fmt.Errorf("starting loomd: %w", err)
	}
	out, from, err := openLog(o.Dirs)
	if err != nil {
		return nil, fmt.Errorf("starting loomd: %w", err)
	}
	defer out.Close()

	args := []string{"--socket", o.Socket}
	if o.Registry != "" {
		args = append(args, "--registry", o.Registry)
	}
	cmd := exec.Command(binary, args...) // not CommandContext: it outlives us
	cmd.Env = append(env, o.Env...)
	cmd.Dir = homeOf(cmd.Env)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p := &process{cmd: cmd, release: func() {}, started: time.Now(), log: out.Name(), from: from, ended: make(chan struct{})}
	pid := func() (int, error) { return cmd.Process.Pid, nil }
	if o.Detacher != nil {
		if pid, p.release, err = between(o.Detacher, cmd); err != nil {
			return nil, fmt.Errorf("starting loomd: %w", err)
		}
	}
	if err := cmd.Start(); err != nil {
		p.release()
		pid()
		return nil, fmt.Errorf("starting loomd: %w", err)
	}
	if p.pid, err = pid(); err != nil {
		p.pid = cmd.Process.Pid // it could not start loomd, and says so when it ends
	}
	// Nobody waits for this goroutine: without a go-between it ends with loomd, which
	// outlives a command and most proxies. A long-lived proxy needs it all the same,
	// or the loomd that it started would stay a zombie.
	go func() {
		cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// await dials until p answers. It is errInUse if p ended because another loomd
// holds a lock.
func (p *process) await(ctx context.Context, socket string, give time.Time) (*net.UnixConn, error) {
	conn, err := dialUntil(ctx, socket, p.ended, give)
	defer p.release()
	switch {
	case err == nil:
		p.endLoser(conn)
	case errors.Is(err, errLate):
		return nil, &SilentError{PID: p.pid, Waited: time.Since(p.started), Socket: socket, Log: p.log}
	case errors.Is(err, errInUse) && p.cmd.ProcessState.ExitCode() != ExitInUse:
		// It may have ended right after somebody else's loomd came up.
		if conn, err := localsock.Dial(ctx, socket); err == nil {
			return conn, nil
		}
		return nil, &ExitError{State: p.cmd.ProcessState.String(), Log: p.log, Tail: p.tail()}
	}
	return conn, err
}

// endLoser ends p when it is another loomd that answers on conn. p would end by
// itself, unless that one is stopped before p has looked: then p would serve
// although nobody wants it any more.
func (p *process) endLoser(conn *net.UnixConn) {
	pid, err := localsock.PeerPID(conn)
	if err != nil || pid <= 0 {
		return // nobody is ended on a guess
	}
	// p leads its session. Where it is a script that runs loomd, the two share a
	// process group.
	if group, err := syscall.Getpgid(pid); err == nil && group != p.pid {
		select {
		case <-p.ended: // its number may be another one's by now
		default:
			syscall.Kill(p.pid, syscall.SIGTERM)
		}
	}
}

// tail returns what p wrote, without the middle if that is long.
func (p *process) tail() []string {
	f, err := os.Open(p.log)
	if err != nil {
		return nil
	}
	defer f.Close()
	from := p.from
	if fi, err := f.Stat(); err == nil {
		from = max(from, fi.Size()-tailSize)
	}
	buf := make([]byte, tailSize)
	n, _ := f.ReadAt(buf, from) // a short read is the usual case
	text := string(bytes.TrimSpace(buf[:n]))
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	if len(lines) <= tailMax {
		return lines
	}
	return slices.Concat(lines[:tailHead], []string{"…"}, lines[len(lines)-(tailMax-tailHead):])
}

// openLog opens loomd's log for appending, and puts a long one aside first.
func openLog(dirs localsock.Dirs) (f *os.File, size int64, err error) {
	path := dirs.DaemonLog()
	if err := os.MkdirAll(dirs.State, 0o700); err != nil {
		return nil, 0, err
	}
	if fi, err := os.Stat(path); err == nil && fi.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, 0, err
		}
	}
	f, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, 0, err
	}
	if fi, err := f.Stat(); err == nil {
		size = fi.Size()
	}
	return f, size, nil
}

func homeOf(env []string) string {
	for _, kv := range env {
		if home, ok := strings.CutPrefix(kv, "HOME="); ok {
			if fi, err := os.Stat(home); err == nil && fi.IsDir() {
				return home
			}
		}
	}
	return "/"
}
