package registry

import (
	"regexp"
	"time"
)

// ServerName is the id of a server. It is [a-z0-9][a-z0-9-]* of at most 20
// characters, so that server__tool fits into every client's limit; "__" cannot
// occur in it. "loom" is the id of Loom's own tools.
type ServerName string

var serverName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

const (
	maxServerName = 20
	reservedName  = "loom"
	separator     = "__" // between a server and a tool, in patterns as in the names that clients see
	maxExposed    = 52   // longest name of a tool that clients see; loomd cuts what a server names longer
)

// Share says who shares one process of a server.
type Share string

// The ways to share.
const (
	ShareGlobal    Share = "global"    // all clients
	ShareWorkspace Share = "workspace" // the sessions of one project directory
	ShareSession   Share = "session"   // nobody: one process per session
)

// Server is one entry, with the shipped entry under it and the defaults filled
// in. Text of Command, Args, Dir and Env still holds references; [secret.Parse]
// takes each of them. A server is a process, with a Command, or remote, with a
// URL; never both.
type Server struct {
	Name        ServerName
	Description string
	From        string  // "shipped" if a shipped entry is the base of this one
	Project     string  `json:",omitzero"` // folder of the project that the server is of; empty: it is the user's own
	Granted     Granted `json:",omitzero"` // to a server of a project

	// Client is the one that this is for, by the name in --client, where the entry
	// has a target of its own for it; Except are those that have such another one in
	// place of this.
	Client string   `json:",omitzero"`
	Except []string `json:",omitempty"`

	Command string
	Args    []string
	Dir     string   // the key cwd; empty leaves the choice to loomd
	Env     []EnvVar // sorted by name
	URL     string   // of a remote server (Streamable HTTP), in place of Command
	Headers []EnvVar // for URL, sorted by name

	ClientEnv []string // variables that come from the client's shell
	Limits    Limits

	Categories  []string
	Share       Share
	Concurrency int           // calls in flight
	Timeout     time.Duration // of a call, since its last progress
	IdleTimeout time.Duration // 0 means that the process is never stopped for idleness
	Drain       time.Duration // what a process whose entry changed gets to finish its calls
	// MaxResult and MaxStructured bound a result, in bytes: its text, and what
	// is never cut. 0 means that there is no bound.
	MaxResult, MaxStructured int64
	ReadOnlyTools            []string // globs: tools that only read, whatever they say of themselves
	// Vouched are the ReadOnlyTools of layers that are not the user's to write,
	// and OwnCommand says that the user chose what runs under the name of a
	// shipped server: a policy that is read-only believes no user.
	Vouched    []string   `json:",omitempty"`
	OwnCommand bool       `json:",omitzero"`
	Tools      []ToolRule // in the order in which they count
	Enabled    bool
	// Denied says why the machine's policy turned the server off; empty: it did
	// not. Enabled is false then, whatever the entry says.
	Denied string `json:",omitzero"`
	Bounds Bounds `json:",omitzero"` // of the machine's policy
	Pos    Position
}

// EnvVar is a variable for the process. Value still holds references.
type EnvVar struct{ Name, Value string }

// Limits bound a process and all that it starts. 0 means that there is no bound.
type Limits struct {
	Memory    int64 // bytes
	Processes int
}

// ToolRule says something about the tools whose names match Pattern.
type ToolRule struct {
	Pattern string
	Enabled *bool // nil if the rule does not say
	// AlwaysAllow says whether clients need not ask before they call the tool. It is
	// for their own files, and nothing to loomd. Pattern is then the name of one tool.
	AlwaysAllow *bool `json:",omitempty"`
	// Alias and Description are what clients see in place of the server's own;
	// empty if the rule does not say. Pattern is then the name of one tool.
	Alias, Description string
	// MaxResult and MaxStructured are nil if the rule does not say.
	MaxResult, MaxStructured *int64
	Pos                      Position
}

// ToolEnabled reports whether the rules leave a tool on. The last rule that
// matches counts; without one a tool is on.
func (s Server) ToolEnabled(tool string) bool {
	on := true
	for _, rule := range s.Tools {
		if rule.Enabled != nil && matchGlob(rule.Pattern, tool) {
			on = *rule.Enabled
		}
	}
	return on
}
