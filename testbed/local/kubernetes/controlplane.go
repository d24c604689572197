package kubernetes

import "fmt"

// A part is a program of the cluster: a name, which is the command of kubebed, and
// its flags.
type part struct {
	name  string
	flags []string
}

func (c *Cluster) etcd() part {
	client, peer := fmt.Sprintf("http://127.0.0.1:%d", c.ports.etcd), fmt.Sprintf("http://127.0.0.1:%d", c.ports.peer)
	return part{"etcd", []string{
		"--data-dir=" + c.path("etcd"), "--unsafe-no-fsync", // nothing of it is read again
		"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=default=" + peer,
	}}
}

func (c *Cluster) apiServer() part {
	advertise := "127.0.0.1"
	if c.node {
		advertise = nodeIP
	}
	return part{"kube-apiserver", []string{
		fmt.Sprintf("--etcd-servers=http://127.0.0.1:%d", c.ports.etcd),
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", c.ports.api), "--advertise-address=" + advertise,
		"--tls-cert-file=" + c.path("etc", "server.crt"), "--tls-private-key-file=" + c.path("etc", "server.key"),
		"--token-auth-file=" + c.path("etc", "tokens.csv"),
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-signing-key-file=" + c.path("etc", "sa.key"), "--service-account-key-file=" + c.path("etc", "sa.key"),
		"--service-cluster-ip-range=" + serviceSubnet,
		"--allow-privileged=true",
		"--endpoint-reconciler-type=none", // a loopback address is refused as an endpoint
		"--kubelet-preferred-address-types=InternalIP",
		"--audit-policy-file=" + c.path("etc", "audit.yaml"),
		"--audit-log-path=" + c.auditLog(), "--audit-log-mode=blocking", // who got an answer finds the line
		"--profiling=false",
	}}
}

func (c *Cluster) controllerManager() part {
	config := c.path("etc", "controllers.kubeconfig")
	return part{"kube-controller-manager", []string{
		"--kubeconfig=" + config, "--authentication-kubeconfig=" + config, "--authorization-kubeconfig=" + config,
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", c.ports.controllers), "--cert-dir=" + c.path("etc", "controllers"),
		"--use-service-account-credentials=true",     // each controller with its own rights, and its own name in the audit log
		"--kube-api-qps=500", "--kube-api-burst=500", // else making those names takes four seconds
		"--service-account-private-key-file=" + c.path("etc", "sa.key"), "--root-ca-file=" + c.path("etc", "ca.crt"),
		"--leader-elect=false", "--profiling=false",
	}}
}

func (c *Cluster) scheduler() part {
	config := c.path("etc", "scheduler.kubeconfig")
	return part{"kube-scheduler", []string{
		"--kubeconfig=" + config, "--authentication-kubeconfig=" + config, "--authorization-kubeconfig=" + config,
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", c.ports.scheduler), "--cert-dir=" + c.path("etc", "scheduler"),
		"--leader-elect=false", "--profiling=false",
	}}
}

// kubelet finds containerd and its own folder at their usual places, which in the
// cell are folders below Host.Dir: a path of a socket must be short.
func (c *Cluster) kubelet() part {
	return part{"kubelet", []string{
		"--config=" + c.path("etc", "kubelet.json"), "--kubeconfig=" + c.path("etc", "node.kubeconfig"),
		"--hostname-override=" + nodeName, "--node-ip=" + nodeIP,
		"--cert-dir=" + c.path("etc", "kubelet"),
	}}
}
