package kubernetes

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// tail is how many lines of each log are worth showing: the cause is near the end,
// and there are eight logs.
const tail = 15

// Logs are the parts that have ended, and the last lines of each log. They can be
// read after [Cluster.Stop] too.
func (c *Cluster) Logs() string {
	var b strings.Builder
	if err := c.Err(); err != nil {
		fmt.Fprintln(&b, err)
	}
	files, _ := filepath.Glob(c.path("log", "*.log")) // the pattern is good
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil || len(raw) == 0 {
			continue
		}
		lines := bytes.SplitAfter(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n"))
		if len(lines) > tail {
			lines = lines[len(lines)-tail:]
		}
		fmt.Fprintf(&b, "--- %s\n%s\n", filepath.Base(file), bytes.Join(lines, nil))
	}
	return b.String()
}
