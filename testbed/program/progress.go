package program

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// pace is how often a build says how far it is.
const pace = 10 * time.Second

// watch runs go build -v, of which it tells what was done now and then. What is
// no progress is an error of the build, and in the error that is returned.
func watch(cmd *exec.Cmd, say func(string), owned func(int)) error {
	out, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	owned(cmd.Process.Pid)
	lines := make(chan string)
	go func() { // ends with the command, whose last child closes the pipe
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
		io.Copy(io.Discard, out) // a line that is too long for s
	}()
	p := progress{began: time.Now()}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for open := true; open; {
		select {
		case line, ok := <-lines:
			if open = ok; ok {
				p.take(line)
			}
		case <-tick.C:
			say(p.String())
		}
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w\n%s", err, strings.Join(p.other, "\n"))
	}
	return nil
}

// progress is how far a build is.
type progress struct {
	began             time.Time
	fetched, compiled int
	last              string   // package that was compiled
	other             []string // lines: errors
}

// take takes one line of go build -v.
func (p *progress) take(line string) {
	switch {
	case strings.HasPrefix(line, "go: downloading "):
		p.fetched++
	case line != "" && !strings.ContainsAny(line, " :#\t"): // the path of a package
		p.compiled++
		p.last = line
	case len(p.other) < 40:
		p.other = append(p.other, line)
	}
}

func (p *progress) String() string {
	text := fmt.Sprintf("%.0f s", time.Since(p.began).Seconds())
	if p.fetched > 0 {
		text += fmt.Sprintf(", %d modules fetched", p.fetched)
	}
	if p.compiled > 0 {
		text += fmt.Sprintf(", %d packages compiled, the last was %s", p.compiled, p.last)
	}
	return text
}
