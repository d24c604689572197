// Package program builds the programs of the testbed's services from the nested
// modules in testbed/services, whose go.sum pins every byte, once, into a cache
// that all runs share. Nothing is fetched but Go modules.
//
// They are what testbed/local runs, and what testbed/containers makes images of.
package program
