// Package rules carries over what a client's permission rules say about a server that
// moves into Loom. The client then sees github's create_issue as github__create_issue
// of loom, and a rule with the old name would silently stop to count.
//
// Nothing gets weaker. A rule that denies or asks, or a hook, is carried over in full,
// for tools that the server gets later too, or the server is [Blocked]: it has to stay
// where it is. A rule that allows and cannot be carried over is a [Note]: the user is
// asked again. What a client's own file cannot say is a [Limit] for the registry, which
// loomd enforces. One thing is weaker, and noted: where an entry of Codex made it ask
// about all tools, it asks about those that come later as it sees fit.
//
// An old rule that denies or asks stays beside the new one: a server of the same name
// may be there in another project, or come back. One that allows is replaced, since
// whatever takes the name next should not inherit it.
//
// The package is pure: files come in as bytes, what is to be done with them goes out as
// edits of package configfile. Package cli reads and writes them.
package rules
