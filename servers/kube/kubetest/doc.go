// Package kubetest is an API server in memory, for tests of what reads from one:
// discovery, lists with selectors, pages and Tables, single objects, logs, access
// reviews. It checks nothing and changes nothing; the testbed's cluster is the
// real one.
package kubetest
