// Package kubernetes is the testbed's Kubernetes without a container engine: etcd,
// the control plane and a node with a real kubelet, containerd and runc, all from
// their Go modules or from Debian, as child processes in one cell
// (testbed/cell).
//
// The cell is isolated, so that mounts, pods' networks and whatever a pod started
// end with it, whichever way it ends, and two clusters at once do not see each
// other; all ports in it are fixed. Outside there is one listener on loopback,
// which leads to the API server, and a control group.
//
// The API server writes an audit log, by which a suite proves what was changed and
// by whom: each component has a user of its own, so that what a test's user did is
// told from what the cluster does by itself.
//
// What there is not: kube-proxy and DNS, so that a Service has no address that
// answers. Pods, logs, exec, port-forward and the API server's proxy work.
package kubernetes
