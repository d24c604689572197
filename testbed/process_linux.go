package testbed

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Processes are those that are alive and have this world's HOME: loomd and
// every server inherit it, grandchildren too. The environment of a zombie is
// empty, so it is not among them.
func (w *World) Processes() []Process {
	mark := []byte("HOME=" + w.Home)
	files, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is good
	var out []Process
	for _, file := range files {
		env, err := os.ReadFile(file)
		if err != nil {
			continue // ended meanwhile, or another user's
		}
		for variable := range bytes.SplitSeq(env, []byte{0}) {
			if !bytes.Equal(variable, mark) {
				continue
			}
			dir := filepath.Dir(file)
			pid, _ := strconv.Atoi(filepath.Base(dir))
			args, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
			out = append(out, Process{PID: pid, Args: strings.TrimSpace(strings.ReplaceAll(string(args), "\x00", " "))})
			break
		}
	}
	return out
}
