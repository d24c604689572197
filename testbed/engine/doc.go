// Package engine is a Docker engine of the testbed's own, for machines that have
// none: Debian's dockerd, started by hand, beside whatever else there is.
//
// It has its own data, socket, bridge and subnets, writes no iptables rules and
// changes no sysctl: containers reach each other and loopback reaches them, and
// that is all. Ports are published on loopback.
//
// dockerd, containerd, the shims and the containers live in a process and a mount
// namespace, whose first process is this program: when it ends, by whatever
// signal, so do they, and their mounts. What a namespace does not take with it,
// bridges and control groups, [Engine.Stop] removes, as does the next start.
//
// Images stay for the next time; containers, networks and volumes do not.
package engine
