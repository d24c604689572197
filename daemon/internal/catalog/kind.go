package catalog

// Kind is one of the four lists that a server has.
type Kind int

// The kinds, in the order in which a catalog file has them.
const (
	Tools Kind = iota
	Prompts
	Resources
	Templates
	Kinds = 4 // how many there are
)
