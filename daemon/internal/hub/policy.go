package hub

import (
	"fmt"
	"strings"

	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/pin"
)

// policy is what hides the tools of servers that are shown.
type policy struct {
	profile  registry.Profile
	rules    *registry.Policy // of the machine
	pins     *pin.Pins
	registry string // the user's file
	project  string // that of the project, if the view is of one
}

// file is the one that has the entry of a server.
func (p *policy) file(s registry.Server) string {
	if s.Project != "" {
		return s.Pos.File
	}
	return p.registry
}

// forbidden is what a user can do about the machine's policy.
const forbidden = "ask whoever looks after this machine"

// hides says what hides a tool, nil when nothing does. changed is what there is
// to say of a definition that is not the one that was approved, hidden or not.
func (p *policy) hides(s registry.Server, t catalog.Tool) (why *hidden, changed string) {
	if !s.ToolEnabled(t.Name) {
		return &hidden{off: fmt.Sprintf("it is turned off under servers.%s.tools in %s", s.Name, p.file(s))}, ""
	}
	if because := p.rules.DeniesTool(s, t.Name); because != "" {
		return &hidden{why: "is " + because, off: forbidden}, ""
	}
	name := shortName(p.profile)
	hint := registry.ToolHint{}
	anyway := p.profile
	anyway.ReadOnly = false
	if !anyway.AllowsTool(s, t.Name, hint) {
		return &hidden{why: "is denied by profile " + name, off: fmt.Sprintf("allow and deny of %s decide", p.lists())}, ""
	}
	state := p.state(s, t)
	switch state {
	case pin.Changed:
		changed = "its definition changed since it was pinned"
	case pin.New:
		changed = fmt.Sprintf("it is new since %s was pinned", p.holder(s))
	}
	if changed != "" && p.profile.Enforce {
		return &hidden{why: "is held back: " + changed, off: fmt.Sprintf("loom pin --diff %s", s.ID())}, changed
	}
	if !p.profile.ReadOnly {
		return nil, changed
	}
	hint.ReadOnly, _ = hintsOf(t.Raw)
	hint.Trusted = state == pin.Same
	if !p.profile.AllowsTool(s, t.Name, hint) {
		if p.profile.Strict {
			return &hidden{why: "is not known to only read, and " + p.rules.Path + " allows no other", off: forbidden}, changed
		}
		return &hidden{
			why: fmt.Sprintf("is not known to only read, and profile %s is read-only", name),
			off: fmt.Sprintf("if it only reads, name it under servers.%s.read_only_tools in %s", s.Name, p.file(s)),
		}, changed
	}
	return nil, changed
}

// reads reports whether a tool is believed to only read.
func (p *policy) reads(s registry.Server, t catalog.Tool) bool {
	strict := registry.Profile{ReadOnly: true, Strict: p.profile.Strict}
	readOnly, _ := hintsOf(t.Raw)
	return strict.AllowsTool(s, t.Name, registry.ToolHint{ReadOnly: readOnly, Trusted: p.state(s, t) == pin.Same})
}

// holder is the id by which the definitions of s were approved. What a client has in
// place of a server is held to that server's as long as nobody approved others.
func (p *policy) holder(s registry.Server) string {
	return p.pins.Holder(s.ID(), registry.BaseOf(s.ID()))
}

func (p *policy) state(s registry.Server, t catalog.Tool) pin.State {
	return p.pins.State(p.holder(s), t.Name, t.Raw)
}

// lists are the entries whose allow and deny count, and their files.
func (p *policy) lists() string {
	lists := "profiles." + shortName(p.profile)
	for part := range strings.SplitSeq(p.profile.Name, "\x00") {
		if client, ok := strings.CutPrefix(part, "client:"); ok {
			lists += " and clients." + client
		}
	}
	lists += " in " + p.registry
	if p.project != "" {
		lists += " and those of " + p.project
	}
	return lists
}
