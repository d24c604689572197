// Package configfile edits config files that belong to somebody else: one entry
// goes in or out, and every other byte stays, comments, order, indentation, line
// ends and byte order mark included.
//
// A file is parsed by a library that knows its format (hujson, go-toml, yaml.v3),
// which says where things stand; what changes is cut and pasted in the text by
// [Splice]s. Nothing is printed anew from a tree, since no printer gives back
// what it read.
//
// The package knows formats and no client: which file, which key and which entry
// is the business of package target.
package configfile
