package kubernetes

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// tail is how many lines of each log are worth showing: the cause is near the end,
// and there are eight logs.
const tail = 15

// Logs are the last lines of each log, and the parts that have ended. They can be
// read after [Cluster.Stop] too.
func (c *Cluster) Logs() string {
	var b strings.Builder
	files, _ := filepath.Glob(c.path("log", "*.log")) // the pattern is good
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil || len(raw) == 0 {
			continue
		}
		fmt.Fprintf(&b, "--- %s\n%s\n", filepath.Base(file), telling(raw))
	}
	if err := c.Err(); err != nil { // last, where it is not cut off
		fmt.Fprintln(&b, err)
	}
	return b.String()
}

// cause is in the line of a log that says why, of which a stack may follow that
// fills the end.
var cause = regexp.MustCompile(`(?i)no space left|^panic:|"level":"(fatal|panic)"|^F[0-9]{4} `)

// telling are the last lines of a log, after those before them that have a cause.
func telling(log []byte) []byte {
	lines := bytes.SplitAfter(bytes.TrimSuffix(log, []byte("\n")), []byte("\n"))
	last := max(len(lines)-tail, 0)
	var all [][]byte
	for _, line := range lines[:last] {
		if len(all) < tail && cause.Match(line) {
			all = append(all, line)
		}
	}
	return bytes.Join(append(all, lines[last:]...), nil)
}
