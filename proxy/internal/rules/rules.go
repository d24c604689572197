package rules

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// Takeover is a set of servers that are about to move into Loom, out of one client.
type Takeover struct {
	Client string // as in target.Target.ID
	Files  []File // of all [Locations], also those that are not there
	Moves  []Move

	// Project says that the servers are a project's: Files of the owner [Project] may
	// be written. Loom's entry names no client then, so there can be no [Limit].
	Project bool
}

// Move is a server that is taken over.
type Move struct {
	From   string                   // the name of its entry in the client
	Server string                   // its name in the registry
	Tools  []string                 // the server's own names of all tools that it has now
	Name   func(tool string) string // what clients see of a tool: server__tool, or what stands in for it
	Entry  configfile.Object        // what the client has of it
}

// Owner says who may write a file.
type Owner string

// The owners.
const (
	User    Owner = "user"
	Local   Owner = "local"   // a user's, in a project; it is not shared
	Project Owner = "project" // shared with others, in git
	Managed Owner = "managed" // of whoever looks after the machine
)

// rank orders files so that those that count everywhere come first.
func (o Owner) rank() int { return slices.Index([]Owner{Managed, User, Local, Project}, o) }

// File is a file of the client that may hold rules.
type File struct {
	Path   string
	Format configfile.Format // empty: Markdown whose front matter is YAML
	Owner  Owner
	Dir    string // the project's folder, of a project's files
	Data   []byte // nil: it is not there
}

// Plan is what has to be done so that the rules go on to count.
type Plan struct {
	Rewrites []Rewrite
	Limits   []Limit
	Allowed  []string          // tools, as clients see them, that the client called unasked
	Entry    configfile.Object // further keys that Loom's entry has to have; objects are joined, and lists
	Blocked  []Blocked         // servers that must stay; nothing else in the plan is about them
	Notes    []Note
}

// Rewrite is what becomes of a file.
type Rewrite struct {
	File  File
	Edits []configfile.Edit
	Lines []Line
}

// Line is a rule that is carried over, for a plan that is printed.
type Line struct {
	Pos  configfile.Position // of the old rule; zero where a new one has none
	Key  string              // of the list or setting that it stands in
	Old  string              // empty: something else than a rule asks for the new ones
	New  []string
	Kept bool // Old stays beside New
	Why  string
}

// Limit is what the registry has to say of a client, by patterns of server__tool:
// clients.CLIENT.deny, and for a server with Only also allow, where that client then gets
// nothing else of this server.
type Limit struct {
	Server string
	Deny   []string
	Only   []string // nil: everything
	From   Place    // what asks for it
	Rule   string
}

// Place is where a rule stands.
type Place struct {
	Path string // empty: in the server's own entry
	Pos  configfile.Position
}

// Blocked is a server that has to stay with its client, and the rule that is in the way.
type Blocked struct {
	From  string // as in [Move]
	Place Place
	Rule  string
	Why   string
}

// Note is something about a server that the user should know.
type Note struct {
	From  string
	Place Place
	Rule  string
	Text  string
}

// Plan says what has to be done. A server that is blocked has no part in it, so the
// others can go.
func (t Takeover) Plan() Plan {
	var blocked []Blocked
	moves := slices.Clone(t.Moves)
	for {
		w := work{Takeover: t}
		w.Moves = moves
		w.run()
		plan := w.plan()
		if len(plan.Blocked) == 0 {
			plan.Blocked = blocked
			return plan
		}
		blocked = append(blocked, plan.Blocked...)
		moves = slices.DeleteFunc(moves, func(m Move) bool {
			return slices.ContainsFunc(plan.Blocked, func(b Blocked) bool { return b.From == m.From })
		})
	}
}

// work is a plan in the making.
type work struct {
	Takeover
	out    Plan
	sheets []*sheet
}

func (w *work) run() {
	for _, f := range w.Files {
		w.sheets = append(w.sheets, newSheet(f))
	}
	slices.SortStableFunc(w.sheets, func(a, b *sheet) int { return a.Owner.rank() - b.Owner.rank() })
	if carry := clientOf(w.Client).carry; carry != nil {
		carry(w)
	}
}

func (w *work) plan() Plan {
	for _, s := range w.sheets {
		if len(s.edits) > 0 {
			w.out.Rewrites = append(w.out.Rewrites, Rewrite{s.File, s.edits, s.lines})
		}
	}
	return w.out
}

func (w *work) block(m Move, at Place, rule, why string) {
	w.out.Blocked = append(w.out.Blocked, Blocked{m.From, at, rule, why})
}

func (w *work) note(m Move, at Place, rule, text string) {
	w.out.Notes = append(w.out.Notes, Note{m.From, at, rule, text})
}

// unreadable is a file that the client cannot read whole either: what is in it does not
// count now, and will when somebody mends it.
func (w *work) unreadable(s *sheet) {
	data := s.Data
	if s.Format == "" {
		data = frontMatter(data)
	}
	for _, m := range w.Moves {
		name := plainName(m.From)
		for _, spelt := range []string{"mcp__" + name, "mcp_" + name, name + "_", m.From + ":", `"` + m.From + `"`} {
			if bytes.Contains(data, []byte(spelt)) {
				w.block(m, Place{Path: s.Path}, "", fmt.Sprintf("the file has %s and cannot be read (%v): mend it", spelt, s.err))
				break
			}
		}
	}
}

// writable reports that a file is one that may be changed.
func (w *work) writable(o Owner) bool { return o == User || o == Local || o == Project && w.Project }
