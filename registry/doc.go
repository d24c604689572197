// Package registry reads registry.yaml, the one place where servers, tools and
// profiles are described, and gives it as checked values with the defaults
// filled in. It also makes the two edits that loom does in a user's file,
// [Enable] and [Disable].
//
// It is pure: apart from [Load] it sees bytes only, it knows no network and no
// clock, and it expands no reference. The same bytes give the same [Registry]
// for loom, which writes the configs of clients from it, and for loomd, which
// runs its servers.
//
// # Strictness
//
// A key is honoured or refused, never accepted and ignored: a limit or a deny
// rule that does nothing because of a typo is worse than an error. All problems
// of a file are reported at once, each with its place, as a [ValidationError].
// Anchors, aliases, tags and several documents are refused, so that everyone
// who reads the file, by eye or with another YAML library, sees the same.
//
// # Shipped entries
//
// The embedded registry.yaml holds the entries of Loom's own servers. They are
// templates and off, until the user's file says NAME: {from: shipped}.
package registry
