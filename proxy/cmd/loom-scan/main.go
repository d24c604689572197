// Command loom-scan looks for secrets in a text on its stdin, and prints where they
// are, as JSON; never what they are.
//
// It alone links gitleaks, whose rules know the shapes of some two hundred vendors'
// tokens and are kept up by others: they take 50 ms and ten megabytes to load, which
// no other command is to pay. So loom runs it, and it is a module of its own, since
// what gitleaks requires is of no use to anybody else here.
package main

import "os"

func main() { os.Exit(scan(os.Stdin, os.Stdout, os.Stderr)) }
