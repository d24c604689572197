package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// cpu is what the processes between clients and servers have used so far. It
// tells two builds apart also on a machine that is busy with something else,
// where times do not. Zero where there is no /proc.
func (l *line) cpu() time.Duration {
	var sum time.Duration
	for _, pid := range l.between {
		threads, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "schedstat"))
		for _, file := range threads {
			raw, _ := os.ReadFile(file)
			var ran int64 // the first number, in ns
			fmt.Sscan(string(raw), &ran)
			sum += time.Duration(ran)
		}
	}
	return sum
}
