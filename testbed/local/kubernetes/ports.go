package kubernetes

import (
	"strconv"

	"github.com/loom-core/loom/testbed/service"
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
	free, err := service.FreePorts(5)
	if err != nil {
		return ports{}, err
	}
	var p ports
	for i, port := range []*int{&p.etcd, &p.peer, &p.api, &p.controllers, &p.scheduler} {
		if *port, err = strconv.Atoi(free[i]); err != nil {
			return ports{}, err
		}
	}
	return p, nil
}
