package upstream

import (
	"context"
	"slices"

	"github.com/loom-core/loom/servers/kit"
)

// Instances are the clients of a service, one for each instance that the
// environment configures. There is at least one.
type Instances []*Client

// Open reads the settings of a service and makes its clients.
func Open(service Service, getenv func(string) string) (Instances, error) {
	all, err := FromEnv(service.Prefix, getenv)
	if err != nil {
		return nil, err
	}
	list := make(Instances, len(all))
	for i, s := range all {
		if list[i], err = New(service, s); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Names for [kit.Server].Instances: none when the only instance has no name.
func (list Instances) Names() []string {
	var names []string
	for _, c := range list {
		if c.Instance() != "" {
			names = append(names, c.Instance())
		}
	}
	return names
}

// For is the client of the instance that the call of ctx is for, the first
// when it names none.
func (list Instances) For(ctx context.Context) *Client {
	name := kit.Instance(ctx)
	if i := slices.IndexFunc(list, func(c *Client) bool { return c.Instance() == name }); i >= 0 {
		return list[i]
	}
	return list[0]
}

// Secrets are the credentials of all instances as they are now, for
// [kit.Server].Redact: no answer repeats them.
func (list Instances) Secrets() []string {
	var all []string
	for _, c := range list {
		all = append(all, c.auth.secrets()...)
	}
	return all
}
