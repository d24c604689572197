// Command pkggraph writes the package graphs of docs/diagrams as Mermaid: one
// of the modules, and one of each module that has more than two packages. Only
// our own packages are in them, and only what the program imports: an arrow
// that a test needs says nothing about the shape.
//
//	pkggraph -C ROOT -out DIR     write them, and remove those that are no more
//	pkggraph -C ROOT -check DIR   fail when DIR is not what would be written
//
// Files without the line that marks a generated one are left alone.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	root := flag.String("C", ".", "`DIR` with go.work")
	out := flag.String("out", "", "write to `DIR`")
	check := flag.String("check", "", "compare with `DIR`")
	flag.Parse()
	if (*out == "") == (*check == "") || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "pkggraph: one of -out and -check is needed")
		os.Exit(2)
	}
	if err := run(*root, *out, *check); err != nil {
		fmt.Fprintln(os.Stderr, "pkggraph:", err)
		os.Exit(1)
	}
}

func run(root, out, check string) error {
	packages, err := list(root)
	if err != nil {
		return err
	}
	files := graphs(packages)
	if check != "" {
		return compare(check, files)
	}
	return write(out, files)
}
