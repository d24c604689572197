package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// sweep removes the folders in base that no live run holds, with all that
// belongs to them. The caller has the lock of base.
func sweep(base string, say func(line string)) error {
	entries, err := os.ReadDir(base)
	if err != nil {
		return fmt.Errorf("looking for dead runs: %w", err)
	}
	for _, e := range entries {
		dir := filepath.Join(base, e.Name())
		if !e.IsDir() || alive(dir) {
			continue
		}
		ended, err := erase(dir, true)
		if err != nil { // which is no reason for this run not to begin
			say(fmt.Sprintf("clearing up after a run that died: %v", err))
			continue
		}
		text := "removed " + dir + ", which a run that died left behind"
		if len(ended) > 0 {
			text += fmt.Sprintf(", and ended %d of its processes and containers", len(ended))
		}
		say(text)
	}
	return nil
}

// alive reports whether a run holds dir. One without a lock file is about to be
// removed.
func alive(dir string) bool {
	f, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}

// patience is how long processes get to go after SIGKILL, and with them their
// mounts and files. One that hangs in the kernel may take longer than this.
const patience = 10 * time.Second

// erase ends the processes of dir, undoes what its journal says and its mounts,
// removes it, and says what it had to end. It stays where something could not be
// undone, for the next sweep. died is that nobody stopped the services.
func erase(dir string, died bool) (ended []string, err error) {
	ended, err = endProcesses(dir)
	if err != nil {
		return ended, err
	}
	removed, err := undo(dir, died)
	ended = append(ended, removed...)
	if err != nil {
		return ended, err
	}
	for give := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err = errors.Join(unmount(dir), os.RemoveAll(dir))
		if err == nil || time.Now().After(give) {
			return ended, err
		}
	}
}

// endProcesses ends the processes of dir and waits until they have.
func endProcesses(dir string) (ended []string, err error) {
	groups := readJournal(dir)
	seen := map[int]bool{}
	give := time.Now().Add(patience)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		left := belonging(dir, groups)
		if len(left) == 0 {
			return ended, nil
		}
		for _, p := range left {
			if !seen[p.pid] {
				seen[p.pid] = true
				ended = append(ended, p.String())
			}
			syscall.Kill(p.pid, syscall.SIGKILL)
		}
		if time.Now().After(give) {
			return ended, fmt.Errorf("process %s does not end: %s is left", left[0], dir)
		}
		time.Sleep(pause)
	}
}
