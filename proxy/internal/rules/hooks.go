package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// toolEvents are the hooks whose matcher is about the name of a tool, and serverEvents
// those where it is the name of a server.
var (
	toolEvents   = []string{"PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionRequest", "PermissionDenied", "BeforeTool", "AfterTool"}
	serverEvents = []string{"Elicitation", "ElicitationResult"}
)

func (c *mcpWork) hooks(s *sheet) {
	for _, event := range s.members("hooks") {
		for i, group := range s.list("hooks", event.Key) {
			o, _ := group.Value.(configfile.Object)
			path := []string{"hooks", event.Key, strconv.Itoa(i)}
			switch {
			case slices.Contains(toolEvents, event.Key):
				c.matcher(s, path, group, o)
			case slices.Contains(serverEvents, event.Key):
				c.serverMatcher(s, group, o)
			}
			if _, ok := o.Get("hooks"); ok {
				c.handlers(s, append(path, "hooks"))
			}
		}
	}
}

// matcher carries over which tools a group of hooks is for.
func (c *mcpWork) matcher(s *sheet, path []string, group configfile.Entry, o configfile.Object) {
	value, _ := o.Get("matcher")
	matcher, ok := value.(string)
	if !ok {
		return
	}
	now := matcher
	for _, m := range c.moves {
		wider, err := m.widened(c.dialect, now)
		switch {
		case err != nil:
			c.block(m.Move, s.at(group.Pos), matcher, fmt.Sprintf("%v: write a matcher that matches %s too", err, m.after("TOOL")))
		case wider != now && !c.writable(s.Owner):
			c.block(m.Move, s.at(group.Pos), matcher, whose(s.Owner)+fmt.Sprintf("in Loom this hook would not run any more: its matcher would have to be %q", wider))
		case wider != now:
			now = wider
		}
	}
	if now != matcher {
		at := append(slices.Clone(path), "matcher")
		s.set(at, now, Line{Pos: group.Pos, Key: keyOf(path) + " matcher", Old: matcher, New: []string{now}})
	}
}

// serverMatcher blocks a server that a hook knows by name: all that Loom has is one
// server there.
func (c *mcpWork) serverMatcher(s *sheet, group configfile.Entry, o configfile.Object) {
	value, _ := o.Get("matcher")
	matcher, _ := value.(string)
	for _, m := range c.moves {
		if matchesName(matcher, m.From) && !matchesName(matcher, "loom") {
			c.block(m.Move, s.at(group.Pos), matcher, "this hook is for what the server asks the user, and would not run for Loom")
		}
	}
}

// matchesName reports that a matcher matches a name. One that cannot be checked does.
func matchesName(matcher, name string) bool {
	if matcher == "" || matcher == "*" {
		return true
	}
	if claudeMatchers.list.MatchString(matcher) {
		return slices.ContainsFunc(strings.FieldsFunc(matcher, func(r rune) bool { return r == '|' || r == ',' }), func(item string) bool { return strings.TrimSpace(item) == name })
	}
	is, err := parseJS(matcher)
	return err != nil || is.match(name)
}

// handlers carries over the hooks of a group: one may be for a tool alone, by its exact
// name, and one may call a tool.
func (c *mcpWork) handlers(s *sheet, path []string) {
	for i, hook := range s.list(path...) {
		o, _ := hook.Value.(configfile.Object)
		values, line := []any{hook.Value}, Line{Pos: hook.Pos, Key: keyOf(path)}
		for _, m := range c.moves {
			if called, ok := m.called(o); ok {
				if !c.writable(s.Owner) {
					c.block(m.Move, s.at(hook.Pos), m.From, whose(s.Owner)+"this hook calls a tool of the server, and would fail")
					continue
				}
				s.change(path, i, "server", "loom")
				s.change(path, i, "tool", text(called, "tool"))
				values[0], o = called, called
				line.Old, line.New = m.From, []string{"loom"}
			}
			value, _ := o.Get("if")
			condition, _ := value.(string)
			rest, ok := strings.CutPrefix(condition, m.old)
			if !ok || rest == "" || strings.ContainsAny(rest, "*()") {
				continue
			}
			missing := slices.DeleteFunc(m.rules(rest), func(name string) bool { return c.hasCopy(s, path, o, name) })
			if len(missing) > 0 && !c.writable(s.Owner) {
				c.block(m.Move, s.at(hook.Pos), condition, whose(s.Owner)+"in Loom this hook would not run any more: put one beside it that is for "+quoted(missing))
				continue
			}
			for _, name := range missing {
				values = append(values, with(o, "if", name))
				line.Old, line.Kept = condition, true
				line.New = append(line.New, name)
			}
		}
		if line.New != nil {
			s.replace(path, i, values, line)
		}
	}
}

// called is a hook that calls a tool of the server, as it has to call it in Loom.
func (m mcpMove) called(o configfile.Object) (configfile.Object, bool) {
	kind, _ := o.Get("type")
	server, _ := o.Get("server")
	value, _ := o.Get("tool")
	tool, _ := value.(string)
	if kind != "mcp_tool" || server != m.From || tool == "" {
		return nil, false
	}
	return with(with(o, "server", "loom"), "tool", m.Name(tool)), true
}

// hasCopy reports that a group has a hook already that is for another name.
func (c *mcpWork) hasCopy(s *sheet, path []string, o configfile.Object, name string) bool {
	want := configfile.Plain(with(o, "if", name))
	return slices.ContainsFunc(s.list(path...), func(e configfile.Entry) bool { return equal(configfile.Plain(e.Value), want) })
}

// keyOf is a path without the places in lists.
func keyOf(path []string) string {
	named := slices.DeleteFunc(slices.Clone(path), func(key string) bool { _, err := strconv.Atoi(key); return err == nil })
	return strings.Join(slices.Compact(named), ".")
}
