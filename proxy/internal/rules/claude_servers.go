package rules

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// serverLists carries over what names servers whole. One that is off would be on in
// Loom, so its tools are denied there.
func (c *mcpWork) serverLists(s *sheet) {
	policy := claudePolicyOf(c.sheets)
	denied := s.list("deniedMcpServers")
	var limit configfile.Entry
	if e, ok := s.value("allowedMcpServers"); ok {
		limit = e
	}
	for _, m := range c.moves {
		for _, e := range denied {
			if o, ok := e.Value.(configfile.Object); ok && m.named(o) {
				c.off(s, s, m, e.Pos, "deniedMcpServers names it")
			}
		}
		if limit.Key != "" && !policy.allows(m.From, m.argv(), m.url()) {
			c.off(s, s, m, limit.Pos, "allowedMcpServers does not name it")
		}
		if !c.Project {
			continue // these lists are about servers of .mcp.json
		}
		for _, e := range s.list("disabledMcpjsonServers") {
			if e.Value == m.From {
				c.off(s, s, m, e.Pos, "disabledMcpjsonServers names it")
			}
		}
		for _, e := range s.list("enabledMcpjsonServers") {
			if e.Value == m.From {
				c.note(m.Move, s.at(e.Pos), m.From, "the approval of a project's server goes by its name: Claude Code will ask about loom")
			}
		}
	}
}

// projects is what ~/.claude.json says of projects. Its allowedTools count no more since
// Claude Code 2.
func (c *mcpWork) projects(s *sheet) {
	lists := []string{"disabledMcpServers"}
	if c.Project {
		lists = append(lists, "disabledMcpjsonServers")
	}
	for _, dir := range s.members("projects") {
		o, _ := dir.Value.(configfile.Object)
		for _, key := range lists {
			if _, ok := stringsOf(o, key); !ok {
				continue
			}
			for _, e := range s.list("projects", dir.Key, key) {
				for _, m := range c.moves {
					if e.Value == m.From {
						c.offIn(s, dir.Key, m, e.Pos, key)
					}
				}
			}
		}
	}
}

// offIn denies the tools of a server in one project.
func (c *mcpWork) offIn(s *sheet, dir string, m mcpMove, pos configfile.Position, key string) {
	i := slices.IndexFunc(c.sheets, func(o *sheet) bool {
		return o.Path == filepath.Join(dir, ".claude", "settings.local.json")
	})
	switch {
	case i >= 0 && c.sheets[i].err == nil:
		c.off(s, c.sheets[i], m, pos, fmt.Sprintf("it is off in %s, by %s", dir, key))
	case i >= 0:
		c.block(m.Move, s.at(pos), m.From, fmt.Sprintf("it is off in %s, by %s, and %s cannot be read (%v): mend it", dir, key, c.sheets[i].Path, c.sheets[i].err))
	case !c.Project:
		c.note(m.Move, s.at(pos), m.From, fmt.Sprintf("it is off in %s; should that folder be used again, Loom will have it there", dir))
	}
}

// off denies all tools of a server, in a file that is to say so. by is the sheet whose
// rule that is.
func (c *mcpWork) off(by, in *sheet, m mcpMove, pos configfile.Position, why string) {
	missing := uncovered(m.rules("*"), in.denied())
	if len(missing) == 0 {
		return
	}
	if !c.writable(in.Owner) {
		c.block(m.Move, by.at(pos), m.From, why+", and through Loom it would run")
		return
	}
	in.add([]string{"permissions", "deny"}, list(missing...), Line{Key: "permissions.deny", New: missing, Why: m.From + ": " + why})
}

// denied are the rules that deny, with those that came.
func (s *sheet) denied() []string {
	rules := texts(s.list("permissions", "deny"))
	for _, l := range s.lines {
		if l.Key == "permissions.deny" {
			rules = append(rules, l.New...)
		}
	}
	return rules
}

// argv is what a server is started with, and url where it is.
func (m Move) argv() []string {
	args, _ := stringsOf(m.Entry, "args")
	if command := text(m.Entry, "command"); command != "" {
		return append([]string{command}, args...)
	}
	return nil
}

func (m Move) url() string { return text(m.Entry, "url") }

// named reports that an element of deniedMcpServers is about the server.
func (m Move) named(o configfile.Object) bool { return namesServer(o, m.From, m.argv(), m.url()) }

// namesServer goes by name, by the exact command line, or by a glob of addresses.
func namesServer(o configfile.Object, name string, argv []string, url string) bool {
	command, _ := stringsOf(o, "serverCommand")
	address := text(o, "serverUrl")
	return name != "" && text(o, "serverName") == name ||
		len(command) > 0 && slices.Equal(command, argv) ||
		address != "" && url != "" && covers(address, url)
}
