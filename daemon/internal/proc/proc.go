// Package proc says what the system knows of the running processes of this
// user: who started whom, since when, and how much memory they take.
//
// It reads /proc on Linux and asks by sysctl and ps on macOS; packages orphan
// and limit judge what it finds.
package proc

import "strings"

// Process is a running process. One that ended and was not waited for is none.
type Process struct {
	PID     int
	Parent  int
	Group   int
	Session int
	Start   int64  // in a unit and from a moment of the system's choice: with the PID it is one process for ever
	Name    string // of its program, at most 15 bytes
	RSS     int64  // memory in use in bytes, what is shared with others included; 0 on macOS, where [Memory] has to be asked
}

// variables picks the values of names from an environment, whose entries
// "NAME=value" end with a zero byte. One that is missing is empty.
func variables(environ string, names ...string) []string {
	out := make([]string, len(names))
	for kv := range strings.SplitSeq(environ, "\x00") {
		name, value, ok := strings.Cut(kv, "=")
		if !ok {
			continue
		}
		for i, n := range names {
			if n == name && out[i] == "" {
				out[i] = value
			}
		}
	}
	return out
}
