package local

import (
	"context"

	"github.com/loom-core/loom/testbed/local/kubernetes"
	"github.com/loom-core/loom/testbed/service"
)

// Provider makes the services that there are here.
func Provider() service.Provider {
	return service.Provider{
		Name: "local",
		Works: func(context.Context) error {
			_, err := service.FreePorts(1)
			return err
		},
		Services: map[string]func() service.Service{
			"gitea":      func() service.Service { return new(gitea) },
			"kubernetes": func() service.Service { return new(kubernetes.Cluster) },
			"loki":       func() service.Service { return new(loki) },
			"prometheus": func() service.Service { return new(prometheus) },
		},
	}
}
