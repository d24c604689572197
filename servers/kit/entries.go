package kit

import (
	"fmt"
	"sort"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
)

// Entries is a payload of n entries, such as log lines, that its tool pages
// itself: by time, with an argument cursor of its own. show makes the answer of
// kept of them: the metadata, which says how to go on after those, and the body.
// The kit shows as many as the cap allows and says when it left some out.
// [Result.KeepEnd] tells it that show leaves out from the front.
func Entries(n int, show func(kept int) (meta any, body string)) *Result {
	return &Result{class: classEntries, entries: n, show: show}
}

// entriesRoom is kept free for what is said of entries that were left out.
const entriesRoom = 256

func (r *Result) renderEntries(c common, g *gate) (*mcp.CallToolResult, error) {
	var failed error
	attempt := func(kept, room int) (object, string, bool) {
		meta, body := r.show(kept)
		counted := *g // each attempt counts what it takes out anew
		tree, err := treeOf(meta, &counted)
		if err != nil {
			failed = err
		}
		members, _ := tree.(object)
		body = counted.text(body)
		members = counted.report(members)
		return members, body, len(encode(members))+1+len(body) <= room
	}
	members, body, fits := attempt(r.entries, c.maxBytes)
	if failed != nil || fits {
		return payloadResult(orEmpty(members), body), failed
	}
	room := c.maxBytes - entriesRoom - len(r.howToNarrow())
	kept := sort.Search(r.entries, func(i int) bool {
		_, _, fits := attempt(i+1, room)
		return !fits
	})
	shortened := kept == 0 && r.entries > 0
	if shortened {
		kept = 1 // one entry over the cap must not stand in the way of those after it
	}
	members, body, _ = attempt(kept, room)
	if failed != nil {
		return nil, failed
	}
	members = append(orEmpty(members), member{"truncated", true})
	notice := fmt.Sprintf("[%d of %d entries of this page fit the cap of %d bytes; the metadata says how to go on, or %s]", kept, r.entries, c.maxBytes, r.howToNarrow())
	if shortened {
		notice = fmt.Sprintf("[cut: this entry is over the cap of %d bytes; set max_bytes higher or %s]", c.maxBytes, r.howToNarrow())
		left := room - len(encode(members)) - 1
		if left < minMaxBytes/8 {
			return nil, Errorf(TooLarge, "the metadata alone fills %d bytes", c.maxBytes).WithHint("set max_bytes higher; %s", r.howToNarrow())
		}
		if left < len(body) {
			for left > 0 && !utf8.RuneStart(body[left]) {
				left--
			}
			body = body[:left] + "\n"
		}
	}
	if r.tail && !shortened {
		body = notice + "\n" + body
	} else {
		body += notice + "\n"
	}
	return payloadResult(members, body), nil
}

func orEmpty(o object) object {
	if o == nil {
		return object{}
	}
	return o[:len(o):len(o)]
}
