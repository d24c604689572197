package kubernetes

import (
	"fmt"
	"net"
)

// nodeIP is where the API server finds the kubelet. It exists in the cell only.
const nodeIP = "10.250.0.1"

// The networks of pods and of Services. They are not the machine's either.
const (
	podSubnet      = "10.244.0.0/24"
	serviceSubnet  = "10.96.0.0/24"
	serviceAddress = "10.96.0.1"
)

// ports are where the parts listen in the cell.
type ports struct{ etcd, peer, api, controllers, scheduler int }

// choosePorts returns the usual ports for an isolated cell, and free ones for a
// cell that shares the machine's network. Somebody else may take one of those in
// between; then that part says so and the start fails.
func choosePorts(isolated bool) (ports, error) {
	if isolated {
		return ports{etcd: 2379, peer: 2380, api: 6443, controllers: 10257, scheduler: 10259}, nil
	}
	var p ports
	for _, port := range []*int{&p.etcd, &p.peer, &p.api, &p.controllers, &p.scheduler} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return ports{}, fmt.Errorf("finding a free port: %w", err)
		}
		defer l.Close() // all of them at the end: none is given twice
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}
