package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
)

// learnUsers waits for the servers that want one of these secrets (all secrets,
// if none is named) and whose tools are not known yet: most could not be started
// without it. Whoever sets a secret calls a tool next.
func (opts *SecretOptions) learnUsers(ctx context.Context, secrets ...string) error {
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		return nil
	}
	if err != nil {
		return err
	}
	uses, err := opts.uses()
	if err != nil {
		return nil // of a registry with mistakes loomd has an earlier one
	}
	if len(secrets) == 0 {
		secrets = slices.Collect(maps.Keys(uses))
	}
	users := map[string]bool{}
	for _, name := range secrets {
		for _, u := range uses[name] {
			users[u.Server] = u.Enabled
		}
	}
	var servers loomrpc.ServersReply
	if err := conn.Call(ctx, loomrpc.MethodServers, nil, &servers); err != nil {
		return fmt.Errorf("asking loomd for its servers: %w", err)
	}
	var unknown []string
	for _, s := range servers.Servers {
		if id := cmp.Or(s.ID, s.Name); users[id] && !s.Known {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	var learnt loomrpc.LearnReply
	done := opts.IO.Progress(slow, "starting "+strings.Join(unknown, ", ")+" to learn its tools")
	err = conn.Call(ctx, loomrpc.MethodLearn, nil, &learnt)
	done()
	if err != nil {
		return fmt.Errorf("learning the tools of %s: %w", strings.Join(unknown, ", "), err)
	}
	for _, name := range unknown {
		if why := learnt.Failed[name]; why != "" {
			what, hint, found := strings.Cut(why, "\nhint: ")
			opts.IO.Note("%s does not start yet: %s", name, strings.TrimSpace(what))
			if found {
				opts.IO.Hint("%s", hint)
			}
		}
	}
	return nil
}
