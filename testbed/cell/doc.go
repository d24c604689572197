// Package cell runs programs that must leave nothing behind: a child process,
// cmd/cell, starts them and takes all of them with it when it ends.
//
// An isolated cell has process, mount, network, IPC and host name namespaces of
// its own. Whatever the programs in it start, mount or plug together ends with
// it, by the kernel's hand and not by a list that somebody kept; two cells may use
// the same ports, bridges and paths. That needs root on Linux. A cell that is not
// isolated is a plain parent, and ends the programs that it started itself.
//
// A cell ends when its standard input does, so it outlives no test binary, however
// that died. It is used by testbed/service/kubernetes.
package cell
