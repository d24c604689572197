// Command skips runs go test, prints what it prints, and at the end a table of
// the tests that were skipped and why: a skip that nobody sees is a promise that
// nobody tests. It exits as go test does.
//
// Usage:
//
//	go run ./testbed/cmd/skips go test [flags] packages
//
// With LOOM_SKIPS in the environment the table goes to the end of that file
// instead, for whoever runs several commands and prints it once.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"
	"text/tabwriter"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(command []string) int {
	if len(command) < 2 {
		fmt.Fprintln(os.Stderr, "usage: skips go test [flags] packages")
		return 2
	}
	cmd := exec.Command(command[0], append([]string{command[1], "-json"}, command[2:]...)...)
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "skips: running %s: %v\n", command[0], err)
		return 2
	}
	table := io.Writer(os.Stdout)
	if file := os.Getenv("LOOM_SKIPS"); file != "" {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			fmt.Fprintf(os.Stderr, "skips: %v\n", err)
			return 2
		}
		defer f.Close()
		table = f
	}
	failed, err := report(events, os.Stdout, table)
	if err != nil {
		fmt.Fprintf(os.Stderr, "skips: reading the output of go test: %v\n", err)
		return 2
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &exit) {
		return exit.ExitCode()
	} else if err != nil || failed {
		return 1
	}
	return 0
}

// event is one line of go test -json; go doc test2json explains it.
type event struct {
	Action, Package, Test, Output string
}

type skip struct{ pkg, test, why string }

// report copies what go test would print without -v to out, and the skips to table.
func report(in io.Reader, out, table io.Writer) (failed bool, err error) {
	said := map[string][]string{} // by package and test
	var broken []string           // failed tests of the package that runs
	var skips []skip
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(out, lines.Text()) // go itself, before any test
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "build-fail":
			failed = true
		case "output":
			said[key] = append(said[key], e.Output)
		case "skip":
			if e.Test != "" {
				skips = append(skips, skip{path.Base(e.Package), e.Test, why(said[key])})
				delete(said, key)
				break
			}
			printPackage(out, said[key])
		case "pass", "fail":
			if e.Action == "fail" {
				failed = true
				broken = append(broken, key)
			}
			if e.Test == "" {
				for _, k := range broken {
					if k != key && strings.HasPrefix(k, e.Package+" ") {
						printTest(out, said[k])
					}
				}
				printPackage(out, said[key])
			} else if e.Action == "pass" {
				delete(said, key)
			}
		}
	}
	if len(skips) > 0 {
		t := tabwriter.NewWriter(table, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "\nSKIPPED\tIN\tBECAUSE")
		for _, s := range skips {
			fmt.Fprintf(t, "%s\t%s\t%s\n", s.test, s.pkg, s.why)
		}
		t.Flush()
	}
	return failed, lines.Err()
}

func printTest(out io.Writer, said []string) {
	for _, line := range said {
		if !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(out, line)
		}
	}
}

func printPackage(out io.Writer, said []string) {
	for _, line := range said {
		if line != "PASS\n" && !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(out, line)
		}
	}
}

var place = regexp.MustCompile(`^\s*\S+\.go:\d+: `)

// why is the reason that a test gave for its skip: the last thing it said.
func why(said []string) string {
	reason := "it does not say"
	for _, line := range said {
		if text := strings.TrimSpace(place.ReplaceAllString(line, "")); text != "" && !strings.HasPrefix(text, "=== ") && !strings.HasPrefix(text, "--- ") {
			reason = text
		}
	}
	return reason
}
