// Package local has the services of the testbed as processes of this machine, on
// free ports of loopback: the provider that needs no container engine.
//
// Their programs are built from the Go modules in testbed/services, whose go.sum
// pins every byte, once, and kept in a cache. Nothing is fetched but Go modules.
//
// A new service is a file here, a folder in testbed/services and a line in
// [Provider]; docs/TESTING.md has the steps.
package local
