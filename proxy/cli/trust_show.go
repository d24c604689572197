package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/trust"
)

// projectLines is what a project's registry runs, gets and says, for a person
// who decides whether it may. None of that is left out or cut, and what a
// terminal would not show is made visible.
func projectLines(p *registry.Project, agreed trust.Entry) []string {
	lines := []string{visible(p.Path) + ":"}
	add := func(what, text string) { lines = append(lines, fmt.Sprintf("  %-10s %s", what, text)) }
	for _, s := range p.Servers() {
		head := string(s.Name)
		if s.Client != "" {
			head += " for " + s.Client + ", in its place"
		}
		if !s.Enabled {
			head += " (off)"
		}
		lines = append(lines, "", head)
		base := shippedServer(s)
		if s.Description != base.Description {
			add("says", "to models: "+visible(s.Description))
		}
		if s.From != "" {
			add("is", "the one that comes with loom")
		}
		if s.URL != "" {
			add("connects", word(s.URL))
		} else {
			add("runs", commandLine(s))
			add("in", visible(strings.ReplaceAll(s.Dir, "$$", "$")))
		}
		for _, v := range s.Env {
			add("env", v.Name+"="+word(v.Value))
		}
		for _, v := range s.Headers {
			add("header", v.Name+": "+visible(v.Value))
		}
		for _, name := range s.ClientEnv {
			add("env", name+" of the client's shell")
		}
		if len(s.ReadOnlyTools) > 0 {
			add("says", "that these tools only read: "+visible(strings.Join(s.ReadOnlyTools, ", ")))
		}
		for _, rule := range s.Tools {
			if rule.Alias != "" || rule.Description != "" {
				add("says", "of tool "+visible(rule.Pattern)+": "+visible(strings.TrimSpace(rule.Alias+" "+rule.Description)))
			}
		}
		if !slices.Equal(s.Categories, base.Categories) {
			add("is in", "categories "+visible(strings.Join(s.Categories, ", ")))
		}
		if s.Share != registry.ShareWorkspace {
			add("share", string(s.Share))
		}
	}
	lines = append(lines, "")
	lines = append(lines, grantLines(p, agreed)...)
	var narrows []string
	for _, list := range p.Allow {
		narrows = append(narrows, "allow "+visible(strings.Join(list, ", ")))
	}
	if len(p.Deny) > 0 {
		narrows = append(narrows, "deny "+visible(strings.Join(p.Deny, ", ")))
	}
	if p.ReadOnly {
		narrows = append(narrows, "only tools that read")
	}
	if len(narrows) > 0 {
		lines = append(lines, "Of all servers, your own too, sessions there get: "+strings.Join(narrows, "; "))
	}
	return lines
}

// shippedServer is the one that comes with loom under that entry; zero if it is
// of the project's own making.
func shippedServer(s registry.Server) registry.Server {
	for _, base := range registry.Shipped() {
		if s.From != "" && base.Name == s.Name {
			return base
		}
	}
	return registry.Server{}
}

// grantLines says what the servers get of the user's own.
func grantLines(p *registry.Project, agreed trust.Entry) []string {
	if len(p.Secrets()) == 0 && len(p.EnvNames()) == 0 {
		return []string{"They get no secret and no variable of yours."}
	}
	var lines []string
	for _, kind := range []struct {
		what           string
		wanted, having []string
	}{{"secrets", p.Secrets(), agreed.Secrets}, {"variables", p.EnvNames(), agreed.Env}} {
		if len(kind.having) > 0 {
			lines = append(lines, fmt.Sprintf("They get your %s: %s", kind.what, strings.Join(kind.having, ", ")))
		}
		refused := slices.DeleteFunc(slices.Clone(kind.wanted), func(name string) bool { return slices.Contains(kind.having, name) })
		if len(refused) > 0 {
			lines = append(lines, fmt.Sprintf("They want your %s, and do not get them: %s", kind.what, strings.Join(refused, ", ")))
		}
	}
	return lines
}

// commandLine is a command with its arguments, each of which can be told from
// the next.
func commandLine(s registry.Server) string {
	words := []string{word(s.Command)}
	for _, arg := range s.Args {
		words = append(words, word(arg))
	}
	return strings.Join(words, " ")
}

// word is text as one word of a command line.
func word(text string) string {
	if text == "" || strings.ContainsAny(text, " '\"\\`;|&<>()") {
		return "'" + strings.ReplaceAll(visible(text), "'", `'\''`) + "'"
	}
	return visible(text)
}

// showChange shows what became of a project since it was trusted.
func showChange(streams *IO, out io.Writer, p *registry.Project, before, now trust.Entry) {
	fmt.Fprintf(out, "It was trusted on %s. This is what changed:\n\n", before.Time.Format(time.DateOnly))
	was := textLines(before.File) // where this version of loom cannot read it
	if old, err := registry.ParseProject(p.Dir, []byte(before.File)); err == nil {
		was = projectLines(old, before)
	}
	changes := diffLines(was, projectLines(p, now))
	if !slices.ContainsFunc(changes, func(c lineChange) bool { return c.mark != ' ' }) {
		fmt.Fprintf(out, "Nothing in what it runs. The text of the file:\n\n")
		changes = diffLines(textLines(before.File), textLines(now.File))
	}
	for _, c := range changes {
		st := style("")
		switch c.mark {
		case '-':
			st = bad
		case '+':
			st = good
		}
		fmt.Fprintln(out, streams.paint(strings.TrimRight(fmt.Sprintf("%c %s", c.mark, c.text), " "), st))
	}
}

// textLines is a text as a person reads it.
func textLines(text string) []string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = visible(line)
	}
	return lines
}

func serverNames(p *registry.Project) []string {
	names := []string{}
	for _, s := range p.Servers() {
		if s.Client == "" {
			names = append(names, string(s.Name))
		}
	}
	return names
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func orEmpty(list []string) []string { return append([]string{}, list...) }
