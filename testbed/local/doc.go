// Package local has the services of the testbed as processes of this machine, on
// free ports of loopback: the provider that needs no container engine.
//
// Their programs are testbed/program's. A new service is a file here, a line in
// that package's table and one in [Provider]; docs/TESTING.md has the steps.
package local
