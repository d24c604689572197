package rules

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// claudePolicy is which servers Claude Code starts. Its lists are joined over all files
// of settings, unless those of the machine alone are to count.
type claudePolicy struct {
	limited bool
	allowed []configfile.Object
	denied  []claudeDenied
	limits  Place    // of a list of what is allowed
	only    []string // servers of managed-mcp.json, which then are all there are
	managed string   // its path, if it is there
}

type claudeDenied struct {
	what configfile.Object
	at   Place
}

func claudePolicyOf(sheets []*sheet) claudePolicy {
	var p claudePolicy
	managedOnly := false
	for _, s := range sheets {
		if e, ok := s.claudeSettings("allowManagedMcpServersOnly"); ok && s.Owner == Managed && e.Value == true {
			managedOnly = true
		}
	}
	for _, s := range sheets {
		if filepath.Base(s.Path) == "managed-mcp.json" && s.Owner == Managed && s.Data != nil {
			p.managed = s.Path
			for _, e := range s.members("mcpServers") {
				p.only = append(p.only, e.Key)
			}
			continue
		}
		for _, e := range s.claudeList("deniedMcpServers") {
			if o, ok := e.Value.(configfile.Object); ok {
				p.denied = append(p.denied, claudeDenied{o, s.at(e.Pos)})
			}
		}
		limit, ok := s.claudeSettings("allowedMcpServers")
		if !ok || managedOnly && s.Owner != Managed {
			continue
		}
		p.limited, p.limits = true, s.at(limit.Pos)
		for _, e := range s.claudeList("allowedMcpServers") {
			if o, ok := e.Value.(configfile.Object); ok {
				p.allowed = append(p.allowed, o)
			}
		}
	}
	return p
}

// allows reports that a server may be started as far as the list of those goes. Once an
// element has a command line, a process needs one that is the same, and its name does
// not help; so it is with addresses.
func (p claudePolicy) allows(name string, argv []string, url string) bool {
	if !p.limited {
		return true
	}
	key := "serverCommand"
	if url != "" {
		key = "serverUrl"
	}
	byKind := slices.ContainsFunc(p.allowed, func(o configfile.Object) bool { _, ok := o.Get(key); return ok })
	return slices.ContainsFunc(p.allowed, func(o configfile.Object) bool {
		if byKind {
			return namesServer(o, "", argv, url)
		}
		return text(o, "serverName") == name
	})
}

// claudeSettings is a key of a file of settings; other files have none of these.
func (s *sheet) claudeSettings(key string) (configfile.Entry, bool) {
	if s.Format != configfile.JSONC || filepath.Base(s.Path) == ".claude.json" || filepath.Base(s.Path) == "managed-mcp.json" {
		return configfile.Entry{}, false
	}
	return s.value(key)
}

func (s *sheet) claudeList(key string) []configfile.Entry {
	if e, ok := s.claudeSettings(key); ok {
		if _, is := e.Value.([]any); is {
			return s.list(key)
		}
	}
	return nil
}

// forbidsClaude says why Claude Code would not start Loom's entry.
func forbidsClaude(sheets []*sheet, argv []string) string {
	p := claudePolicyOf(sheets)
	if p.managed != "" && !slices.Contains(p.only, "loom") {
		return fmt.Sprintf("%s says which servers Claude Code has, and loom is not one of them", p.managed)
	}
	for _, d := range p.denied {
		if namesServer(d.what, "loom", argv, "") {
			return fmt.Sprintf("%s: deniedMcpServers names loom", d.at)
		}
	}
	if !p.allows("loom", argv, "") {
		return fmt.Sprintf("%s: allowedMcpServers does not name loom", p.limits)
	}
	return ""
}
