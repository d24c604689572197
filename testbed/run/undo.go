package run

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// undoPrefix begins the lines of the journal that [Folder.Undo] writes.
const undoPrefix = "undo "

// Undo notes a command that removes what the run has that is neither a process nor
// a file of its own, a container say. It is run at the end, whichever end that is,
// and has to print a line for each thing that it removes: there should be none, and
// where there is nothing any more it succeeds. It gets PATH and nothing else.
func (f *Folder) Undo(command ...string) error {
	line, err := json.Marshal(command)
	if err != nil {
		return fmt.Errorf("noting how to undo: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := fmt.Fprintf(f.journal, "%s%s\n", undoPrefix, line); err != nil {
		return fmt.Errorf("noting in the journal of this run how to undo %q: %w", command, err)
	}
	return nil
}

// undoTime is how long such a command may take.
const undoTime = time.Minute

// undo runs the commands of the journal, the last one first, and returns what they
// removed.
func undo(dir string) (removed []string, err error) {
	var commands [][]string
	text, _ := os.ReadFile(filepath.Join(dir, "journal")) // there is none if the run died early
	for line := range strings.Lines(string(text)) {
		var command []string
		raw, ok := strings.CutPrefix(line, undoPrefix)
		if ok && json.Unmarshal([]byte(raw), &command) == nil && len(command) > 0 {
			commands = append([][]string{command}, commands...)
		}
	}
	var errs []error
	for _, c := range commands {
		ctx, cancel := context.WithTimeout(context.Background(), undoTime)
		cmd := exec.CommandContext(ctx, c[0], c[1:]...)
		cmd.Dir, cmd.Env, cmd.WaitDelay = "/", []string{"PATH=" + os.Getenv("PATH")}, time.Second
		var said strings.Builder
		cmd.Stderr = &said
		out, err := cmd.Output()
		cancel()
		for s := bufio.NewScanner(strings.NewReader(string(out))); s.Scan(); {
			removed = append(removed, s.Text())
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("undoing what a run had, with %q: %w: %s", c, err, strings.TrimSpace(said.String())))
		}
	}
	return removed, errors.Join(errs...)
}
