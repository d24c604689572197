package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// What opencode 1.18 and Kilo 7, which was made from it, do, by their programs and
// documentation: a tool is SERVER_TOOL; permission and, older, tools are mappings from
// globs (* and ?) to what is done, in the configuration and for each agent. The last one
// that matches counts, whatever is more special, and without one a tool runs unasked.
func openCodeLocations(name string) func(finder) []Location {
	return func(f finder) []Location {
		files := []string{name + ".json", name + ".jsonc"}
		agents := []string{"agent", "agents", "mode", "modes"}
		var out []Location
		for _, file := range files {
			out = append(out,
				f.managed(configfile.JSONC, "/etc/"+name, "/Library/Application Support/"+name, file),
				f.config(configfile.JSONC, name, file))
			out = append(out, f.each(configfile.JSONC, Project, file)...)
			out = append(out, f.each(configfile.JSONC, Project, "."+name, file)...)
		}
		for _, folder := range agents {
			out = append(out, below(".md", f.config("", name, folder)))
			for _, l := range f.each("", Project, "."+name, folder) {
				out = append(out, below(".md", l))
			}
		}
		return out
	}
}

func carryOpenCode(w *work) {
	c := mcpWork{w, mcpMoves(spelling{"", "_"}, w.Moves), dialect{}}
	for _, s := range w.sheets {
		if s.Format == "" {
			c.openCodeAgent(s)
			continue
		}
		paths := [][]string{{"permission"}, {"tools"}}
		for _, key := range []string{"agent", "mode"} {
			for _, e := range s.members(key) {
				paths = append(paths, []string{key, e.Key, "permission"}, []string{key, e.Key, "tools"})
			}
		}
		for _, path := range paths {
			if e, ok := s.value(path...); ok {
				if o, ok := e.Value.(configfile.Object); ok {
					c.ordered(s, path, e.Pos, o)
				}
			}
		}
		if s.err != nil {
			c.unreadable(s)
		}
	}
}

// openCodeAgent is an agent in Markdown, whose front matter has the same mappings.
func (c *mcpWork) openCodeAgent(s *sheet) {
	parsed, err := configfile.Parse(configfile.YAML, frontMatter(s.Data))
	if err != nil {
		s.err = err
		c.unreadable(s)
		return
	}
	s.parsed = parsed
	for _, e := range s.members() {
		if o, ok := e.Value.(configfile.Object); ok && (e.Key == "permission" || e.Key == "tools") {
			c.ordered(s, []string{e.Key}, configfile.Position{Line: e.Pos.Line + 1, Column: e.Pos.Column}, o)
		}
	}
}

// ordered carries over a mapping whose last match counts: what is about the server comes
// once more behind everything else, in the same order, for its names in Loom.
func (c *mcpWork) ordered(s *sheet, path []string, pos configfile.Position, o configfile.Object) {
	key := strings.Join(path, ".")
	for _, m := range c.moves {
		if rule := m.gains(o); rule != "" {
			c.note(m.Move, s.at(c.posOf(s, path, rule, pos)), rule, "this allows Loom's tools, also those of the server of which nothing was said so far")
		}
		more, from := m.repeated(o)
		if len(more) == 0 || m.sameIn(o) || m.has(o, more) {
			continue
		}
		pos := c.posOf(s, path, from, pos)
		if c.writable(s.Owner) && s.Format != "" {
			line := Line{Pos: pos, Key: key, Old: from, Kept: true}
			for _, rule := range more {
				s.edits = append(s.edits, configfile.Edit{Path: append(slices.Clone(path), rule.Key), Value: rule.Value})
				line.New = append(line.New, fmt.Sprintf("%s: %v", rule.Key, shown(rule.Value)))
				o = append(slices.Clone(o), rule)
			}
			s.lines = append(s.lines, line)
			continue
		}
		var missing []string
		strict := false
		for _, rule := range more {
			missing = append(missing, fmt.Sprintf("%q: %v", rule.Key, shown(rule.Value)))
			strict = strict || rule.Value != true && rule.Value != "allow"
		}
		text := "in Loom this would not count any more: put " + strings.Join(missing, ", ") + " behind it"
		if s.Format != "" {
			text = whose(s.Owner) + text
		}
		if strict {
			c.block(m.Move, s.at(pos), from, text)
		} else {
			c.note(m.Move, s.at(pos), from, text)
		}
	}
}

// posOf is where a rule of a mapping stands.
func (c *mcpWork) posOf(s *sheet, path []string, rule string, otherwise configfile.Position) configfile.Position {
	if e, ok := s.value(append(slices.Clone(path), rule)...); ok && s.Format != "" {
		return e.Pos
	}
	return otherwise
}

// has reports that a mapping has rules already, in their order.
func (m mcpMove) has(o, rules configfile.Object) bool {
	mine := slices.DeleteFunc(slices.Clone(o), func(r configfile.Member) bool { return !strings.HasPrefix(r.Key, m.new) })
	return equal(mine, rules)
}

// shown is a value in a line of text.
func shown(v any) any {
	if _, ok := v.(configfile.Object); ok {
		return "{…}"
	}
	return v
}

func fromKey(key string) string { return strings.ReplaceAll(key, "?", string(rune(anyByte))) }
func toKey(glob string) string  { return strings.ReplaceAll(glob, string(rune(anyByte)), "?") }

// lastMatch is what a mapping says of a name, and whether it says anything.
func lastMatch(o configfile.Object, name string) (value any, ok bool) {
	for i := len(o) - 1; i >= 0; i-- {
		if covers(fromKey(o[i].Key), name) {
			return o[i].Value, true
		}
	}
	return nil, false
}

// samples are tools of the server, now and later: one for each glob, too.
func (m mcpMove) samples(o configfile.Object) []string {
	out := m.all()
	for _, rule := range o {
		for _, rest := range residues(fromKey(rule.Key), m.old) {
			out = append(out, strings.NewReplacer("*", "q", string(rune(anyByte)), "q").Replace(rest))
		}
	}
	return slices.DeleteFunc(out, func(tool string) bool { return tool == "" })
}

// sameIn reports that a mapping says of every tool in Loom what it says of it now.
func (m mcpMove) sameIn(o configfile.Object) bool {
	return !slices.ContainsFunc(m.samples(o), func(tool string) bool {
		was, ruled := lastMatch(o, m.before(tool))
		is, still := lastMatch(o, m.after(tool))
		return ruled != still || !equal(was, is)
	})
}

// repeated are the rules about the server, for its names in Loom, from the first that is
// not about these already; if that is not enough, all of them. from is that first one.
func (m mcpMove) repeated(o configfile.Object) (more configfile.Object, from string) {
	for _, all := range []bool{false, true} {
		more, from = nil, ""
		for _, rule := range o {
			var keys []string
			for _, rest := range residues(fromKey(rule.Key), m.old) {
				if rest != "" {
					keys = append(keys, m.rules(rest)...)
				}
			}
			if from == "" && (len(keys) == 0 || !all && len(uncovered(keys, []string{fromKey(rule.Key)})) == 0) {
				continue
			}
			if from == "" {
				from = rule.Key
			}
			for _, key := range keys {
				more = slices.DeleteFunc(more, func(o configfile.Member) bool { return o.Key == toKey(key) })
				more = append(more, configfile.Member{Key: toKey(key), Value: rule.Value})
			}
		}
		if m.sameIn(append(slices.Clone(o), more...)) {
			break
		}
	}
	return more, from
}

// gains is a rule that allows a tool in Loom of which nothing is said now.
func (m mcpMove) gains(o configfile.Object) string {
	for _, rule := range o {
		for _, tool := range m.samples(o) {
			_, ruled := lastMatch(o, m.before(tool))
			if !ruled && covers(fromKey(rule.Key), m.after(tool)) && (rule.Value == true || rule.Value == "allow") {
				return rule.Key
			}
		}
	}
	return ""
}
