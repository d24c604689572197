// Package cluster is how Loom's Kubernetes servers reach API servers: which
// contexts and namespaces the operator lets them see, one client for each
// context, the kinds that it serves, and what its errors mean to a model.
//
// A model chooses among the contexts that are configured, and gives names that
// are checked before they become part of a path. It never gives an address or a
// credential, and no kubeconfig, token or key ever leaves this package.
//
// All answers pass servers/kube/mask on their way in, so that code above does
// not hold the values of Secrets.
package cluster
