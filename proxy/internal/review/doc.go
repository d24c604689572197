// Package review looks at clients' files as their clients do: which texts stand in
// the entries, and what of them the client would not read. Wrong and dead keys are
// what breaks such files most, and no client says a word about them.
//
// It changes nothing and knows no registry. What is on the disk is read by its caller,
// but for [NotApproved].
package review
