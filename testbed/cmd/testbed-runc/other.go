//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "testbed-runc: there is no runc but on Linux")
	os.Exit(1)
}
