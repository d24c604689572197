package rules

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// geminiServers carries over lists of whole servers.
func (c *mcpWork) geminiServers(s *sheet) {
	for _, e := range s.list("mcp", "excluded") {
		for _, m := range c.moves {
			if name, _ := e.Value.(string); sameServer(name, m.From) {
				c.without(m, s, s.at(e.Pos), "mcp.excluded", "its tools are denied")
			}
		}
	}
	allowed, ok := s.value("mcp", "allowed")
	if !ok {
		return
	}
	all := s.list("mcp", "allowed")
	has := func(server string) bool {
		return slices.ContainsFunc(all, func(e configfile.Entry) bool { name, _ := e.Value.(string); return sameServer(name, server) })
	}
	moved := false
	for _, m := range c.moves {
		if has(m.From) {
			moved = true
		} else {
			c.without(m, s, s.at(allowed.Pos), "mcp.allowed", "it does not name the server, whose tools are not there")
		}
	}
	if !moved || has("loom") || !c.writable(s.Owner) {
		return
	}
	s.add([]string{"mcp", "allowed"}, list("loom"), Line{Key: "mcp.allowed", New: []string{"loom"}, Why: "otherwise Gemini CLI would not start Loom"})
	if ask := underscore.loom() + "*"; !slices.Contains(texts(s.list("tools", "confirmationRequired")), ask) {
		s.add([]string{"tools", "confirmationRequired"}, list(ask), Line{Key: "tools.confirmationRequired", New: []string{ask}, Why: "Gemini CLI calls the tools of servers in mcp.allowed unasked, and Loom has those of other servers too"})
	}
}

// sameServer compares names as Gemini CLI does.
func sameServer(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), b) }

// enablement is what `gemini mcp disable` writes.
func (c *mcpWork) enablement(s *sheet) {
	for _, e := range s.members() {
		o, _ := e.Value.(configfile.Object)
		if on, ok := o.Get("enabled"); !ok || on != false {
			continue
		}
		for _, m := range c.moves {
			if sameServer(e.Key, m.From) {
				c.offWhole(m.Move, s.at(e.Pos), "enabled")
			}
		}
	}
}

// forbidsGemini says why Gemini CLI, or Qwen Code, would not start Loom's entry.
func forbidsGemini(sheets []*sheet, _ []string) string {
	for _, s := range sheets {
		if s.Format != configfile.JSONC {
			continue
		}
		if filepath.Base(s.Path) == "mcp-server-enablement.json" {
			for _, e := range s.members() {
				if o, _ := e.Value.(configfile.Object); sameServer(e.Key, "loom") {
					if on, ok := o.Get("enabled"); ok && on == false {
						return fmt.Sprintf("%s: loom is disabled: gemini mcp enable loom", s.at(e.Pos))
					}
				}
			}
			continue
		}
		for _, e := range s.list("mcp", "excluded") {
			if name, _ := e.Value.(string); namesLoom(name) {
				return fmt.Sprintf("%s: mcp.excluded names loom", s.at(e.Pos))
			}
		}
		if allowed, ok := s.value("mcp", "allowed"); ok && !slices.ContainsFunc(texts(s.list("mcp", "allowed")), namesLoom) {
			return fmt.Sprintf("%s: mcp.allowed does not name loom", s.at(allowed.Pos))
		}
	}
	return ""
}

// namesLoom goes by name, or, in Qwen Code, by a glob.
func namesLoom(name string) bool { return sameServer(name, "loom") || covers(name, "loom") }
