package cli

import (
	"cmp"
	"fmt"

	"github.com/loom-core/loom/core/loomrpc"
)

// serverTable is how servers are, those that are on. One of a project has the
// name that it is called by from anywhere.
func serverTable(io *IO, servers []loomrpc.ServerStatus) *table {
	t := newTable(io, "SERVER", "STATE", ">PROCESSES", ">CALLS", ">WAITING", ">TOOLS", ">TOKENS")
	for _, server := range servers {
		if !server.Enabled && server.Denied == "" {
			continue
		}
		calls, waiting, processes := 0, 0, 0
		for _, i := range server.Instances {
			calls, waiting = calls+i.InFlight, waiting+i.Queued
			if i.State != stateStopped {
				processes++
			}
		}
		t.row(cmp.Or(server.ID, server.Name), stateOf(server), processes, calls, waiting, toolsOf(server), tokensOf(server))
	}
	return t
}

// printProjects shows each project with its own servers.
func printProjects(io *IO, projects []loomrpc.ProjectStatus) {
	for _, p := range projects {
		state := cell{p.State, warn}
		if p.Note == "" {
			state.style = good
		}
		fmt.Fprintf(io.Out, "\nProject %s: %s, %s\n", visible(p.Dir), io.paint(state.text, state.style), plural(p.Sessions, "client"))
		if p.Note != "" {
			fmt.Fprintf(io.Out, "%s %s\n", io.paint("note:", warn), visible(p.Note))
		}
		if t := serverTable(io, p.Servers); len(t.rows) > 0 {
			t.print()
			printFailures(io, p.Servers)
		}
	}
}
