// Package launch finds a loomd, or starts one, and connects to its socket. Where
// the user's service manager has loomd, that starts it.
//
// The commands of the terminal and `loom proxy` use it alike. It gives loomd
// the environment that was saved, never the one that a client passed to the
// proxy, and it does not care who wins when two processes start a loomd at the
// same moment: loomd has the locks, the loser exits with [ExitInUse] or is ended
// by its starter, and both starters end up connected to the same one.
package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/loom-core/loom/core/localsock"
)

// ExitInUse is what loomd exits with when another loomd holds a lock it needs.
const ExitInUse = 3

// Limits of waiting for a loomd that was started.
const (
	defaultWait = 10 * time.Second // reading the registry and the catalog takes well under a second; this is a disk that wakes up
	firstPause  = 2 * time.Millisecond
	longPause   = 100 * time.Millisecond
	againAfter  = 500 * time.Millisecond // after ExitInUse: the one that held the lock may just have been ending
)

// Options say which loomd is wanted. Dirs and Socket are required.
type Options struct {
	Dirs     localsock.Dirs
	Socket   string        // its path, as [localsock.Dirs.Resolve] gives it
	Registry string        // the file for --registry; empty lets loomd merge its own
	Env      []string      // "NAME=value", for the loomd that is started, beside the saved environment
	Wait     time.Duration // for a loomd that was started; 0 means 10 s
	Detacher *Detacher     // stands between us and loomd while that starts; without it loomd is a child of ours
	Log      func(string)  // told what is being done; may be nil
	Service  service       // starts the loomd of that socket and registry, with the saved environment alone; may be nil
	Failed   func(error)   // told why the service did not: loomd is started detached then; may be nil
}

// service is a service manager that knows loomd. Start may return before loomd
// serves.
type service interface {
	Start(context.Context) error
}

// Connect connects to the loomd at o.Socket, and starts it if nobody listens there.
func Connect(ctx context.Context, o Options) (*net.UnixConn, error) {
	conn, err := localsock.Dial(ctx, o.Socket)
	if !errors.Is(err, localsock.ErrNotRunning) {
		return conn, err
	}
	wait := o.Wait
	if wait == 0 {
		wait = defaultWait
	}
	if o.Service != nil {
		conn, err := throughService(ctx, o, wait/2)
		if err == nil || ctx.Err() != nil {
			return conn, err
		}
		if o.Failed != nil {
			o.Failed(err)
		}
	}
	binary, err := Find(o.Dirs)
	if err != nil {
		return nil, err
	}
	if o.Log != nil {
		o.Log("starting " + binary)
	}
	give := time.Now().Add(wait)
	for {
		p, err := start(ctx, binary, o)
		if err != nil {
			return nil, err
		}
		conn, err := p.await(ctx, o.Socket, give)
		if err == nil || !errors.Is(err, errInUse) {
			return conn, err
		}
		// Another loomd holds a lock. Either it serves our socket in a moment, or
		// it is ending and we start anew, or it is the user's loomd on another socket.
		again := time.Now().Add(againAfter)
		if again.After(give) {
			again = give
		}
		conn, err = dialUntil(ctx, o.Socket, nil, again)
		if !errors.Is(err, errLate) {
			return conn, err
		}
		other := o.Dirs.Announced()
		if other != "" && other != o.Socket {
			if conn, err := localsock.Dial(ctx, other); err == nil {
				conn.Close()
				return nil, &ElsewhereError{Socket: o.Socket, Other: other}
			}
		}
		if !time.Now().Before(give) {
			return nil, &ElsewhereError{Socket: o.Socket}
		}
	}
}

// throughService has the service manager start loomd. It may take half of the
// time: a service that does not come up is no reason to have no loomd.
func throughService(ctx context.Context, o Options, wait time.Duration) (*net.UnixConn, error) {
	give := time.Now().Add(wait)
	limited, cancel := context.WithDeadline(ctx, give)
	defer cancel()
	if err := o.Service.Start(limited); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("starting loomd as a service: %w", err)
	}
	conn, err := dialUntil(ctx, o.Socket, nil, give)
	if errors.Is(err, errLate) {
		return nil, fmt.Errorf("starting loomd as a service: it does not answer at %s after %s", o.Socket, wait)
	}
	return conn, err
}

var (
	errInUse = errors.New("another loomd holds the lock")
	errLate  = errors.New("no answer in time")
)

// dialUntil dials until somebody answers, ended is closed, or the time is over
// (errLate).
func dialUntil(ctx context.Context, socket string, ended <-chan struct{}, give time.Time) (*net.UnixConn, error) {
	late := time.NewTimer(time.Until(give))
	defer late.Stop()
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		conn, err := localsock.Dial(ctx, socket)
		if !errors.Is(err, localsock.ErrNotRunning) {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for loomd: %w", context.Cause(ctx))
		case <-ended:
			return nil, errInUse // the caller looks at how it ended
		case <-late.C:
			return nil, errLate
		case <-time.After(pause):
		}
	}
}

// NotFoundError says where loomd was looked for.
type NotFoundError struct{ Looked []string }

func (e *NotFoundError) Error() string {
	text := "finding loomd: it is in none of these places:"
	for _, place := range e.Looked {
		text += "\n  " + place
	}
	return text
}

// ExitError is a loomd that ended before it answered.
type ExitError struct {
	State string   // "exit status 1"
	Log   string   // the file it wrote to
	Tail  []string // the first and last lines that it wrote there
}

func (e *ExitError) Error() string {
	text := "starting loomd: " + e.State + " before it answered"
	for _, line := range e.Tail {
		text += "\n  | " + line
	}
	return text
}

// SilentError is a loomd that was started and neither answers nor ends. It is
// left running: on a slow disk it may still come.
type SilentError struct {
	PID    int
	Waited time.Duration
	Socket string
	Log    string
}

func (e *SilentError) Error() string {
	return fmt.Sprintf("starting loomd: process %d does not answer at %s after %s", e.PID, e.Socket, e.Waited.Round(100*time.Millisecond))
}

// ElsewhereError is a loomd of this user that serves another socket.
type ElsewhereError struct {
	Socket string // the one that was asked for
	Other  string // the one that it serves; empty if that is not known
}

func (e *ElsewhereError) Error() string {
	if e.Other != "" {
		return fmt.Sprintf("starting loomd: the one of user %d serves %s, not %s", os.Getuid(), e.Other, e.Socket)
	}
	return fmt.Sprintf("starting loomd: another loomd of user %d is running, and it does not serve %s", os.Getuid(), e.Socket)
}
