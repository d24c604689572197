package main

import (
	"encoding/json"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-k8s-ops/internal/change"
)

// operation is one of a patch of type json.
type operation struct{ op, path, from string }

// operations reads them as the API server does: the names of members are in lower
// case, and others say nothing.
func (p patching) operations() (all []operation) {
	list, _ := p.body.([]json.RawMessage)
	for _, raw := range list {
		var members map[string]any
		if json.Unmarshal(raw, &members) == nil {
			all = append(all, operation{op: text(members["op"]), path: text(members["path"]), from: text(members["from"])})
		}
	}
	return all
}

// guessSecret is an error for a patch that tests a value that is not shown: what
// comes of it says whether a guess was right.
func (p patching) guessSecret(t target, live map[string]any) error {
	for _, op := range p.operations() {
		if op.op == "test" && change.HidesAt(live, op.path) {
			return kit.Errorf(kit.PermissionDenied, "%s: what is at %q is not shown, or has a part that is not, and op=test would tell whether a guess of it is right", t, shortened(op.path)).
				WithHint("leave the test out: a plan is void once the object has changed")
		}
	}
	return nil
}
