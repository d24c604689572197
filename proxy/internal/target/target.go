package target

import (
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// Proof says how it is known that a client reads what is written for it.
type Proof string

// The proofs.
const (
	Proven     Proof = "proven"     // the real client listed Loom and called a tool
	Documented Proof = "documented" // by its documentation and a schema
	Unverified Proof = "unverified" // by hearsay: written only when it is named
)

// Target is one client.
type Target struct {
	ID     string // as in --client and in the registry's clients and targets
	Name   string // as its makers write it
	Proof  Proof
	Source string // of the facts: a version that was run, or a document

	Format configfile.Format
	Key    []string // of the mapping from names to entries

	// User and Project are the files, the first that exists counts, else the
	// first. Project is relative to the project's folder. Either may be empty.
	User    func(Host) []string
	Project []string

	Programs []string            // names on PATH that tell that it is installed
	Folders  func(Host) []string // any of them tells it too

	// New is what a file that Loom makes begins with, where the client takes none
	// without it.
	New string

	// Entry writes an entry, and Found reads one. Entry is nil for what the client has
	// no words for: an address where it takes processes only, a folder where it knows
	// none. ok is false where it is none that a registry could have.
	Entry func(Launch) configfile.Object
	Found func(configfile.Object) (f Found, ok bool)

	Refer Refer // how the client's own files refer to variables

	// After is what the user has to do before an entry counts, as a sentence.
	// InProject is the same of an entry in a project's file, where that differs.
	After, InProject string

	MaxTools  int     // more tools than that are cut or refused; 0: no limit known
	MaxName   int     // characters that server__tool may have; 0: as all
	AlsoReads []Other // files of other clients that it reads as well

	// Local is the key of the servers that the user's file has for one project.
	Local func(dir string) []string
}

// Other is a file of another client: the user's, or a project's.
type Other struct {
	ID      string
	Project bool
}

// Launch is what a client is told to start, in no client's words. Either Command
// or URL is set.
type Launch struct {
	Name    string // of the entry
	Command string
	Args    []string
	Env     []Var
	URL     string
	Headers []Var
	Cwd     string

	Description string
	AlwaysAllow []string // names of tools, as the client sees them
}

// Var is a variable or a header. Its value holds references in the client's syntax,
// which [Refer] writes and reads.
type Var struct{ Name, Value string }

// Found is an entry of a client, as it is written there: values hold references in
// the client's syntax.
type Found struct {
	Launch
	Disabled bool
	OAuth    bool     // its token is the client's own business
	SSE      bool     // HTTP+SSE of 2024-11-05
	Lost     []string // keys that mean nothing to Loom, sorted
}

// All are the clients, in the order in which they are shown.
func All() []Target {
	return []Target{
		codex(), claude(), gemini(), kilo(), opencode(), copilot(), qwen(),
		vscode(), claudeDesktop(), cursor(), windsurf(), zed(), cline(), roo(),
		goose(), junie(), kiro(), antigravity(), continueDev(), amp(), auggie(),
	}
}

// Find is a client by its id.
func Find(id string) (Target, bool) {
	all := All()
	i := slices.IndexFunc(all, func(t Target) bool { return t.ID == id })
	if i < 0 {
		return Target{}, false
	}
	return all[i], true
}
