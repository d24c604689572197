package github

// Lies are what the real GitHub does at times and a stand-in with little in it
// never would. What is wrong with connections and limits, testbed/fault has.
type Lies struct {
	SearchTotal      int  // hits that a search says it has; more than 1000 are never shown
	SearchIncomplete bool // searches ran out of time
	LogPadding       int  // bytes before what a job wrote
	TreeLimit        int  // entries after which a recursive tree is cut off
	NoPatches        bool // files of a diff come without their patch, as those of big ones do
	DiffTooLarge     bool // a diff has more lines than GitHub renders
	GraphNulls       bool // scalars and people that may be null in GraphQL are null
}

// Lie changes the lies.
func (h *Hub) Lie(change func(*Lies)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.lies)
}
