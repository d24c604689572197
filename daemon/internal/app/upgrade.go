package app

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/core/version"
)

// After an upgrade the first proxy of the new version finds a loomd of the old
// one. If another binary stands in this one's place by then, loomd goes over to
// it, in the same process: it waits until no call is in flight, at most drain,
// ends its servers, and lets its caller execute the file. Socket and locks stay
// open, so that proxies find the next image where they look.

// Succession is what [App.Run] returns when the binary at Path is to go on in
// this process, with the variable of the handover in its environment.
type Succession struct {
	Path       string
	Handover   *localsock.Handover
	Passphrase secret.Value // of the keyring's encrypted file; empty if there is none
}

func (s *Succession) Error() string { return "going over to " + s.Path }

// upgrade is what an App knows of the file that it was started from.
type upgrade struct {
	path     string
	file     os.FileInfo // as it was at the start; nil: never replaced
	deciding atomic.Bool
	now      chan struct{} // closed when it is time
}

func newUpgrade(path string) *upgrade {
	u := &upgrade{path: path, now: make(chan struct{})}
	if path != "" {
		u.file, _ = os.Stat(path) // one that cannot be looked at is not compared
	}
	return u
}

// replaced reports whether another file stands in its place.
func (u *upgrade) replaced() bool {
	if u.file == nil {
		return false
	}
	fi, err := os.Stat(u.path)
	return err == nil && (!os.SameFile(fi, u.file) || !fi.ModTime().Equal(u.file.ModTime()) || fi.Size() != u.file.Size())
}

// checkLimit bounds the new binary's answer to --version.
const checkLimit = 5 * time.Second

// successor returns the version of the file that stands in this one's place. An
// error says why it cannot go on from here.
func (u *upgrade) successor(ctx context.Context, own string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, u.path, "--version")
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", u.path, err)
	}
	found, ok := strings.CutPrefix(strings.TrimSpace(string(out)), "loomd ")
	if !ok || !version.Newer(found, own) {
		return "", fmt.Errorf("%s is %q, which is not newer than %s", u.path, strings.TrimSpace(string(out)), own)
	}
	return found, nil
}

// meet looks at the version of a proxy that has come. It does not wait.
func (a *App) meet(proxy string) {
	u := a.upgrade
	if !version.Newer(proxy, a.opts.Version) || !u.replaced() || !u.deciding.CompareAndSwap(false, true) {
		return
	}
	a.background.Go(func() { // ends with a.life at the latest
		next, err := u.successor(a.life, a.opts.Version)
		if err == nil {
			_, err = a.opts.sources().Load() // else the next one would not start
		}
		if err != nil {
			u.deciding.Store(false) // the next proxy may find it mended; whoever reads the log may be it
			a.log.Warn("a newer loom connects, and this loomd goes on", "proxy", proxy, "err", err)
			return
		}
		a.log.Info("going over to the loomd that was installed, as soon as no call is in flight", "version", next, "binary", u.path)
		a.awaitQuiet()
		close(u.now)
	})
}

// awaitQuiet returns when no call is in flight, after drain, or when loomd is
// stopped. Until then everything is served as ever.
func (a *App) awaitQuiet() {
	late := time.NewTimer(drain)
	defer late.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for a.busy() {
		select {
		case <-look.C:
		case <-late.C:
			return
		case <-a.life.Done():
			return
		}
	}
}

func (a *App) busy() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for s := range a.sessions {
		if s.Busy() {
			return true
		}
	}
	return false
}

// handOver ends Accept and keeps the socket for the next image.
func (a *App) handOver() *Succession {
	h, err := a.listener.Handover()
	if h == nil {
		a.log.Error("not going over to the new loomd; stopping", "err", err)
		return nil
	}
	passphrase, _ := a.vault.Passphrase(a.life) // an error: there is none
	return &Succession{Path: a.upgrade.path, Handover: h, Passphrase: passphrase}
}

// succeed is what Run ends with, after everything was taken down.
func (a *App) succeed(next *Succession, err error) error {
	if next == nil {
		return err
	}
	if err != nil { // of servers that did not end well: no reason to end, too
		a.log.Error("before going over to the new loomd", "err", err)
	}
	return next
}

// newerLoom is the version of a connected proxy that is newer than this loomd,
// empty if there is none.
func (a *App) newerLoom() (found string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for s := range a.sessions {
		if v := s.Info().Version; version.Newer(v, a.opts.Version) && (found == "" || version.Newer(v, found)) {
			found = v
		}
	}
	return found
}
