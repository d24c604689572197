package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// markdown is an agent, a command or a skill, whose front matter may name tools, as a
// text with commas or as a list. There Claude Code 2.1.330 knows exact names and whole
// servers, and no globs to take something away. Nothing of it is rewritten: the user does.
func (c *mcpWork) markdown(s *sheet) {
	parsed, err := configfile.Parse(configfile.YAML, frontMatter(s.Data))
	if err != nil {
		s.err = err
		c.unreadable(s)
		return
	}
	s.parsed = parsed
	for _, m := range c.moves {
		for _, e := range s.members() {
			at := Place{s.Path, configfile.Position{Line: e.Pos.Line + 1, Column: e.Pos.Column}}
			switch e.Key {
			case "disallowedTools", "disallowed-tools":
				if missing := m.missing(names(e.Value)); len(missing) > 0 {
					c.block(m.Move, at, e.Key, "in Loom it would not keep these tools away any more: put "+quoted(missing)+" beside what is there")
				}
			case "tools", "allowed-tools":
				if missing := m.missing(names(e.Value)); len(missing) > 0 {
					c.note(m.Move, at, e.Key, "what it names is called otherwise in Loom: put "+quoted(missing)+" in its place")
				}
			case "mcpServers":
				if slices.Contains(names(e.Value), m.From) {
					c.note(m.Move, at, e.Key, "it names a server that is a part of loom then")
				}
			case "hooks":
				c.readHooks(m, at, e.Value)
			}
		}
	}
}

// frontMatter is what stands between the first line, if that is ---, and the next such
// line.
func frontMatter(data []byte) []byte {
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	rest, ok := strings.CutPrefix(strings.TrimPrefix(text, "\ufeff"), "---\n")
	if !ok {
		return nil
	}
	if front, _, ok := strings.Cut("\n"+rest, "\n---"); ok {
		return []byte(strings.TrimPrefix(front, "\n"))
	}
	return nil
}

// names are those of a list, or of a text with commas.
func names(value any) []string {
	switch value := value.(type) {
	case string:
		var out []string
		for _, name := range strings.Split(value, ",") {
			out = append(out, strings.TrimSpace(name))
		}
		return out
	case []any:
		var out []string
		for _, e := range value {
			if name, ok := e.(string); ok {
				out = append(out, strings.TrimSpace(name))
			}
		}
		return out
	}
	return nil
}

// missing are the exact names that a list would have to have beside those that it has.
func (m mcpMove) missing(names []string) []string {
	if slices.Contains(names, "mcp__loom") {
		return nil
	}
	var want []string
	for _, name := range names {
		rest, ok := strings.CutPrefix(name, m.old)
		switch {
		case name == m.whole || rest == "*":
			for _, tool := range m.Tools {
				want = append(want, m.after(tool))
			}
		case ok && rest != "" && !strings.ContainsAny(rest, "*()"):
			want = append(want, m.rules(rest)...)
		}
	}
	slices.Sort(want)
	return slices.DeleteFunc(slices.Compact(want), func(name string) bool { return slices.Contains(names, name) })
}

// readHooks blocks a server for whose tools hooks run that are not to be written.
func (c *mcpWork) readHooks(m mcpMove, at Place, value any) {
	events, _ := value.(configfile.Object)
	for _, event := range events {
		groups, _ := event.Value.([]any)
		for _, group := range groups {
			o, _ := group.(configfile.Object)
			matcher := text(o, "matcher")
			if wider, err := m.widened(c.dialect, matcher); err != nil {
				c.block(m.Move, at, matcher, fmt.Sprintf("%v: write a matcher that matches %s too", err, m.after("TOOL")))
			} else if wider != matcher {
				c.block(m.Move, at, matcher, fmt.Sprintf("in Loom this hook would not run any more: its matcher would have to be %q", wider))
			}
			handlers, _ := o.Get("hooks")
			all, _ := handlers.([]any)
			for _, hook := range all {
				o, _ := hook.(configfile.Object)
				_, calls := m.called(o)
				condition := text(o, "if")
				if calls || strings.HasPrefix(condition, m.old) && !slices.ContainsFunc(all, func(other any) bool {
					o, _ := other.(configfile.Object)
					return strings.HasPrefix(text(o, "if"), m.new)
				}) {
					c.block(m.Move, at, condition, "this hook names a tool that is called otherwise in Loom: write it for "+m.after("TOOL"))
				}
			}
		}
	}
}
