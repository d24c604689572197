// Package cli is the command line of Loom: one file per verb, each in the
// order Options, NewCmdX, runX, printing. A NewCmdX turns flags into Options
// and calls runF in place of runX when a test gives one.
//
// Most verbs ask loomd and print its answer; stdout is that answer and nothing
// else. Verbs that change the user's registry edit the file and then ask loomd
// to read it again, so that they work the same without a loomd.
//
// cmd/loom imports it, and testbed, which runs [Main] in its own binary.
package cli
