package service

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Provider makes services of one kind: processes, containers.
type Provider struct {
	Name     string
	Works    func(ctx context.Context) error // why it does not on this machine
	Services map[string]func() Service       // by name; each makes one that was not started
}

// choose returns the provider of that name, or with auto the first that works.
func choose(ctx context.Context, name string, all []Provider) (Provider, error) {
	var why []string
	for _, p := range all {
		if name != "auto" && name != p.Name {
			continue
		}
		err := p.Works(ctx)
		if err == nil {
			return p, nil
		}
		why = append(why, p.Name+": "+err.Error())
	}
	switch {
	case len(why) > 0:
		return Provider{}, fmt.Errorf("no provider of services works here: %s", strings.Join(why, "; "))
	case name == "containers":
		return Provider{}, fmt.Errorf("LOOM_TESTBED=containers: services in containers are not there yet: use LOOM_TESTBED=local")
	}
	return Provider{}, fmt.Errorf("LOOM_TESTBED=%s: that is no provider of services: use auto or local", name)
}

// make makes a service that was not started.
func (p Provider) make(name string) (Service, error) {
	f := p.Services[name]
	if f == nil {
		return nil, fmt.Errorf("the provider %s has no service %s: it has %s", p.Name, name,
			strings.Join(slices.Sorted(maps.Keys(p.Services)), ", "))
	}
	return f(), nil
}
