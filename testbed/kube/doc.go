// Package kube is what a test may expect of the testbed's Kubernetes, whichever
// provider it came from: its users, the image that its node has, and the log by
// which a suite proves what was changed and by whom.
//
// The kubeconfig of the endpoint has a context for each user, called as the user
// is; the first is Admin's.
package kube

// The users for tests. Admin may do everything; Outsider was given nothing, until
// a test binds a role to it.
const (
	Admin    = "admin"
	Outsider = "outsider"
)

// The images that the node has. Nothing is pulled: a pod with another image fails.
const (
	PauseImage = "loom.test/pause:dev"
	// WorkloadImage is testbed/cmd/workload. Its pods need imagePullPolicy: Never.
	WorkloadImage = "loom.test/workload:dev"
)

// AuditPolicy has each request written down once, when it is answered, with user,
// verb, object and code, and without bodies: those may hold secrets.
const AuditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
`
