package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Variable is the environment variable by which a process of a run is known:
// its value is the folder, or one below it. Children inherit it.
const Variable = "LOOM_TESTBED_RUN"

// Folder is the folder of a live run.
type Folder struct {
	Dir string

	lock   *os.File
	warden *warden

	mu      sync.Mutex // a line of the journal is written whole
	journal *os.File
}

// Base is where the folders of runs are: a place of the user's own below TMPDIR,
// or below /tmp where that would make the paths of sockets too long.
func Base() string {
	name := "loom-testbed-" + strconv.Itoa(os.Getuid())
	if base := filepath.Join(os.TempDir(), name); len(base) < 26 {
		return base
	}
	return filepath.Join("/tmp", name)
}

// Begin sweeps what dead runs left in base and makes the folder of this one. A
// program that calls it is also the program of its warden: in that process Begin
// does not return, so it has to be reached before anything is done.
func Begin(base string, say func(line string)) (*Folder, error) {
	if dir := os.Getenv(wardenVariable); dir != "" {
		os.Exit(keepWatch(dir))
	}
	if err := ensure(base); err != nil {
		return nil, err
	}
	all, err := lockBase(base)
	if err != nil {
		return nil, err
	}
	defer all.Close()
	if err := sweep(base, say); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(base, "r")
	if err != nil {
		return nil, fmt.Errorf("making the folder of this run: %w", err)
	}
	f := &Folder{Dir: dir}
	if err := f.open(); err != nil {
		f.close()
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return f, nil
}

func (f *Folder) open() (err error) {
	if f.lock, err = os.OpenFile(filepath.Join(f.Dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return fmt.Errorf("making the lock of this run: %w", err)
	}
	if err = syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("locking %s: %w", f.lock.Name(), err)
	}
	if f.journal, err = os.OpenFile(filepath.Join(f.Dir, "journal"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return fmt.Errorf("making the journal of this run: %w", err)
	}
	f.warden, err = startWarden(f.Dir)
	return err
}

// Own notes that pid leads a process group of this run. It may be called from
// any goroutine, as soon as the process is there.
func (f *Folder) Own(pid int) error {
	start, ok := started(pid)
	if !ok {
		return nil // it has ended
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := fmt.Fprintf(f.journal, "%d %s\n", pid, start); err != nil {
		return fmt.Errorf("noting process %d in the journal of this run: %w", pid, err)
	}
	return nil
}

// End ends what is left of the run and removes its folder. What was still alive
// is an error: somebody forgot to stop it.
func (f *Folder) End() error {
	left, err := erase(f.Dir, false)
	f.close()
	if len(left) > 0 {
		err = errors.Join(fmt.Errorf("at the end of the run these were still alive and were killed:\n  %s", strings.Join(left, "\n  ")), err)
	}
	return err
}

// close lets the lock go; the warden ends with it.
func (f *Folder) close() {
	if f.journal != nil {
		f.journal.Close()
	}
	if f.lock != nil {
		f.lock.Close()
	}
	if f.warden != nil {
		f.warden.dismiss()
	}
}

// ensure makes base, for this user alone: what a sweep ends is read from there.
func ensure(base string) error {
	if err := os.MkdirAll(base, 0o700); err != nil {
		return fmt.Errorf("making a place for the runs of the testbed: %w", err)
	}
	info, err := os.Lstat(base)
	if err != nil {
		return fmt.Errorf("making a place for the runs of the testbed: %w", err)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || info.Mode().Perm()&0o077 != 0 || ok && int(s.Uid) != os.Getuid() {
		return fmt.Errorf("%s is not a folder that only you can use: remove it, or set TMPDIR to a folder of your own", base)
	}
	return nil
}

// lockBase waits for the lock under which folders are made and swept, so that
// nobody sees half of one.
func lockBase(base string) (*os.File, error) {
	path := filepath.Join(base, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the runs of the testbed: %w", err)
	}
	for give := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) || time.Now().After(give) {
			f.Close()
			return nil, fmt.Errorf("locking the runs of the testbed with %s: %w", path, err)
		}
	}
}
