package cli

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/golden"
)

// TestHelp keeps the help of every command in a file, where a change of a flag
// or a sentence is easy to review.
func TestHelp(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		var out bytes.Buffer
		root := newRoot(newFactory(&IO{In: strings.NewReader(""), Out: &out, Err: io.Discard}))
		args := strings.Fields(cmd.CommandPath())[1:]
		root.SetArgs(append(args, "--help"))
		if err := root.Execute(); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "help/"+strings.ReplaceAll(cmd.CommandPath(), " ", "_")+".golden", out.Bytes())
		for _, sub := range cmd.Commands() {
			if sub.Name() != "help" && sub.Name() != "completion" { // cobra's own
				walk(sub)
			}
		}
	}
	walk(newRoot(newFactory(&IO{})))
}

// TestExamplesParse runs every example's flags and arguments up to the point
// where work would begin.
func TestExamplesParse(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Example) {
			_, line, ok := strings.Cut(line, "loom ")
			if !ok || strings.Contains(line, "$(") {
				continue
			}
			line, _, _ = strings.Cut(line, "   ") // what is said about it
			line, _, _ = strings.Cut(line, " | ")
			args := strings.Fields(strings.ReplaceAll(line, "'", ""))
			found, rest, err := newRoot(newFactory(&IO{})).Find(args)
			if err != nil || found.Name() == "loom" {
				t.Errorf("%q: no such command (%v)", line, err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(newFactory(&IO{})))
}
