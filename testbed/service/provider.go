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

	// Ready says why a provider that works is not taken unless it was asked for by
	// name, because something would have to be fetched first. It may be nil.
	Ready func(ctx context.Context) error
}

// choose returns the provider of that name, or with auto the first that works.
func choose(ctx context.Context, name string, all []Provider) (Provider, error) {
	var why []string
	for _, p := range all {
		if name != "auto" && name != p.Name {
			continue
		}
		err := p.Works(ctx)
		if err == nil && name == "auto" && p.Ready != nil {
			err = p.Ready(ctx)
		}
		if err == nil {
			return p, nil
		}
		why = append(why, p.Name+": "+err.Error())
	}
	if len(why) > 0 {
		return Provider{}, fmt.Errorf("no provider of services works here: %s", strings.Join(why, "; "))
	}
	known := "auto"
	for _, p := range all {
		known += " or " + p.Name
	}
	return Provider{}, fmt.Errorf("LOOM_TESTBED=%s: that is no provider of services: use %s", name, known)
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
