// Package kubernetes proves with Kubernetes' own client library that the testbed's
// Kubernetes is one: pods run, logs, exec and port-forward answer, namespaces go,
// rights are kept, and the audit log tells who did what.
//
// It is a module of its own because that library is nothing that the product's or
// the testbed's other packages need. It is run by make e2e and does nothing in go
// test without LOOM_E2E=1: a cold build takes minutes.
package kubernetes
