package run

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// readJournal is what [Folder.Own] noted: the start of each leader of a group.
// A line that is not whole was being written when the run died; the process is
// known by its environment then.
func readJournal(dir string) map[int]string {
	groups := map[int]string{}
	text, _ := os.ReadFile(filepath.Join(dir, "journal")) // there is none if the run died early
	for line := range strings.Lines(string(text)) {
		pid, start, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if n, err := strconv.Atoi(pid); ok && err == nil && n > 1 && strings.HasSuffix(line, "\n") {
			groups[n] = start
		}
	}
	return groups
}

// belonging are the processes of the run in dir that are alive: those of its
// groups, and those that have the folder in their environment.
func belonging(dir string, groups map[int]string) []process {
	all := processes()
	ours := map[int]bool{}
	for _, p := range all {
		if p.pid == p.group && groups[p.pid] != "" && groups[p.pid] == p.start && p.names(dir) {
			ours[p.group] = true
		}
	}
	self := os.Getpid()
	return slices.DeleteFunc(all, func(p process) bool {
		return p.pid == self || !ours[p.group] && !p.marked(dir)
	})
}

// within reports whether a variable of an environment is one of the run in dir.
func within(dir, variable string) bool {
	name, value, _ := strings.Cut(variable, "=")
	switch name {
	case Variable, "HOME", "TMPDIR":
		return value == dir || strings.HasPrefix(value, dir+"/")
	}
	return false
}
