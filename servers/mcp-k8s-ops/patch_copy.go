package main

import (
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/mask"
	"github.com/loom-core/loom/servers/mcp-k8s-ops/internal/change"
)

// copySecret is an error for a patch that takes a value from one place of an
// object to another, when the object has some that are not shown: in another
// place, under another name, they would be. Where in the object a patch takes
// from is not followed, since its operations change that as they go.
func (p patching) copySecret(t target, live map[string]any) error {
	for _, op := range p.operations() {
		if op.op != "copy" && op.op != "move" {
			continue
		}
		if change.Hides(live) || strings.HasPrefix(lastApplied, op.from) && hasLastApplied(live) {
			return kit.Errorf(kit.PermissionDenied, "%s has values that are not shown, and %s could take one to where it is", t, op.op).
				WithHint("write the value: op=add or op=replace, and op=remove for what is moved")
		}
	}
	return nil
}

// lastApplied is where kubectl keeps a whole object, in a patch.
var lastApplied = "/metadata/annotations/" + strings.ReplaceAll(mask.LastApplied, "/", "~1")

func hasLastApplied(o map[string]any) bool {
	meta, _ := o["metadata"].(map[string]any)
	notes, _ := meta["annotations"].(map[string]any)
	return notes[mask.LastApplied] != nil
}
