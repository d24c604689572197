package kubernetes

import "context"

// Service is a real upstream that tests run against.
type Service interface {
	Name() string
	Start(ctx context.Context, h Host) (Endpoint, error)
	Logs() string
	Stop(ctx context.Context) error
}

// Host is what a service gets from those who start it.
type Host struct {
	Dir   string        // all that it writes is below
	Cache string        // what it builds and the next run can use
	Say   func(string)  // told what is being done
	Owned func(pid int) // told of each process that must not be left behind
}

// Endpoint is how a service is reached.
type Endpoint struct{ URL, User, Password, Token, Kubeconfig, Version string }
