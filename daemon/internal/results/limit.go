package results

import (
	"strconv"

	"github.com/loom-core/loom/core/jsonrpc"
)

// MaxResultChars is what a tool says of itself in `_meta`: how long its results
// may be in a client that knows "anthropic/maxResultSizeChars". It is meant in
// characters; taken as a number of bytes for [Limits].Text it never lets more
// through than that. definition is one element of tools/list.
func MaxResultChars(definition []byte) (int64, bool) {
	span, ok := jsonrpc.Find(definition, whole(definition), "_meta", "anthropic/maxResultSizeChars")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(span.Of(definition)), 64) // 5e5 is a number too
	if err != nil || n < 1 || n > 1<<53 {
		return 0, false
	}
	return int64(n), true
}
