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
	"slices"
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

// settling is how long what a run asked for as it died may take until it is there:
// an engine makes a container although nobody waits for it any more. Tests have no
// time for it.
var settling = time.Second

// undo runs the commands of the journal, the last one first, and returns what they
// removed. For a run that died it does so twice.
func undo(dir string, died bool) (removed []string, err error) {
	commands := readCommands(dir)
	for {
		var errs []error
		for _, c := range commands {
			out, err := undoOne(c)
			removed, errs = append(removed, out...), append(errs, err)
		}
		if err = errors.Join(errs...); err != nil || !died || len(commands) == 0 {
			return removed, err
		}
		died = false
		time.Sleep(settling)
	}
}

func undoOne(command []string) (removed []string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), undoTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = "/", []string{"PATH=" + os.Getenv("PATH")}, time.Second
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	for s := bufio.NewScanner(strings.NewReader(string(out))); s.Scan(); {
		removed = append(removed, s.Text())
	}
	if err != nil {
		err = fmt.Errorf("undoing what a run had, with %q: %w: %s", command, err, strings.TrimSpace(said.String()))
	}
	return removed, err
}

// readCommands is what [Folder.Undo] noted, the last one first. A line that is not
// whole was being written when the run died, before there was anything to undo.
func readCommands(dir string) (commands [][]string) {
	text, _ := os.ReadFile(filepath.Join(dir, "journal")) // there is none if the run died early
	for line := range strings.Lines(string(text)) {
		var command []string
		raw, ok := strings.CutPrefix(line, undoPrefix)
		if ok && json.Unmarshal([]byte(raw), &command) == nil && len(command) > 0 {
			commands = append(commands, command)
		}
	}
	slices.Reverse(commands)
	return commands
}
