package forge

import (
	"context"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/confirm"
)

// action is what a token of that tool confirms. The instance belongs to it: the
// same name may be another branch elsewhere.
func (f *forge) action(ctx context.Context, tool string, args, seen any) confirm.Action {
	return confirm.Action{Tool: f.Nouns.say(tool), Args: []any{kit.Instance(ctx), args}, Seen: seen}
}
