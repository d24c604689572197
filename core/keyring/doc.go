// Package keyring keeps secrets in the keyring of the operating system, by
// running loom-keyring once for each operation.
//
// The library that speaks to keyrings dials the session bus as soon as it is
// linked, and decides then and there which backends exist. A program that links
// it pays for that at every start, and a daemon that is older than the bus never
// sees it. So one small binary links it, daemon/cmd/loom-keyring, and nothing
// else does; a keyring that hangs because it is locked is a process to kill.
//
// What passes between the two is one [Request] on the stdin of loom-keyring and
// one [Reply] on its stdout, both JSON. Nothing of either is ever in argv or in
// the environment.
//
// Which backend holds a secret is written down by name in an index beside the
// state (no values), so that a secret is read from where it was put, also after
// another backend has become the preferred one.
package keyring
