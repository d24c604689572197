package testbed

import (
	"cmp"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
)

// hops are the members that differ from hop to hop, by their paths.
var hops = [][]string{
	{"id"},
	{"params", "progressToken"}, {"params", "requestId"}, {"params", "requestState"},
	{"params", "_meta", "progressToken"}, {"params", "_meta", metaSubscription},
	{"result", "requestState"}, {"result", "_meta", metaSubscription},
}

// Normal is a frame in which a direct connection and one through Loom are the
// same byte by byte: without what differs from hop to hop (id, progressToken,
// requestId, requestState, subscriptionId), with server__name as name, and
// without more members, by their paths from the envelope on.
func Normal(f Frame, server string, without ...[]string) string {
	var edits []jsonrpc.Edit
	whole := jsonrpc.Span{Start: strings.IndexByte(string(f.Raw), '{'), End: len(f.Raw)}
	for _, path := range slices.Concat(hops, without) {
		if span, ok := jsonrpc.Find(f.Raw, whole, path...); ok {
			edits = append(edits, jsonrpc.Edit{Span: span, With: []byte(`"*"`)})
		}
	}
	slices.SortFunc(edits, func(a, b jsonrpc.Edit) int { return cmp.Or(a.Start-b.Start, b.End-a.End) })
	end := 0
	edits = slices.DeleteFunc(edits, func(e jsonrpc.Edit) bool { // what lies in another goes with it
		inside := e.Start < end
		end = max(end, e.End)
		return inside
	})
	text := string(jsonrpc.Splice(nil, f.Raw, edits...))
	return strings.ReplaceAll(text, `"`+server+`__`, `"`)
}

// CompareFrames fails the test unless what came directly from a server and what
// came through Loom is the same, but for what [Normal] leaves out.
func CompareFrames(t T, server string, direct, through Frame, without ...[]string) {
	t.Helper()
	want, got := Normal(direct, server, without...), Normal(through, server, without...)
	if got != want {
		t.Errorf("through Loom came\n%.2000s\nand directly\n%.2000s", got, want)
	}
}

// Bare is text with a server's own names in the place of server__name.
func Bare(text, server string) string { return strings.ReplaceAll(text, `"`+server+`__`, `"`) }
