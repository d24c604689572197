// Package clientsync puts Loom's entries into the files of AI clients and takes
// them out again.
//
// A [Plan] is made first: what would become of each file, byte by byte. It is
// printed for --dry-run and --diff, and applied; there is no other way to write.
// What was written is remembered in a [Ledger], by hash and with what undoes it,
// so that a foreign edit is a conflict to show and not something to overwrite, and
// so that unsync gives back the bytes from before.
//
// A client may be running and writing its file at the same moment. So the new file
// takes the place of the old one in a single step that gives the old one back; if
// that is not what the plan was made for, the step is undone and the plan made anew.
package clientsync
