//go:build !linux

package testbed

import (
	"os/exec"
	"strconv"
	"strings"
)

// Processes are those that are alive and have this world's HOME, as ps shows
// the environment of the user's own processes.
func (w *World) Processes() []Process {
	text, err := exec.Command("ps", "-axwwE", "-o", "pid=,command=").Output()
	if err != nil {
		w.t.Errorf("listing processes: %v", err)
	}
	var out []Process
	for line := range strings.Lines(string(text)) {
		pid, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		before, _, ok := strings.Cut(rest+" ", " HOME="+w.Home+" ")
		if n, err := strconv.Atoi(pid); ok && err == nil {
			out = append(out, Process{PID: n, Args: before})
		}
	}
	return out
}
