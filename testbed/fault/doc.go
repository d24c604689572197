// Package fault makes a service fail on purpose, for every suite that runs a
// server of ours against a real one.
//
// A [Front] stands before a service. It passes requests on, remembers them, and
// lies where a rule says so:
//
//	front := fault.Proxy(t, prometheus.URL())
//	w.Registry("servers: {prometheus: {from: shipped, env: {PROMETHEUS_URL: " + front.URL + "}}}")
//	front.On(fault.First(2, fault.Path("/api/v1/query")), fault.Status(503))
//	c.MustCall("prometheus__query", `{"query":"up"}`) // is tried again
//	if n := len(front.Requests()); n != 3 { … }
//
// An [Auth] has a Front ask for tokens that expire when the test moves a
// [Clock], a [Victim] is a process that is killed or stopped, at the n-th request
// if need be, and a [Disk] is one without a byte left. All of them end with the
// test that made them.
//
// A service that writes its own address into its answers has to be given the
// Front's, else its links lead past it.
//
// It is imported by the suites below testbed, and nothing of the product imports
// it.
package fault
