package gitlab

import (
	"strconv"
	"strings"
)

// Switches are what differs between instances, and what is only seen with more
// data than a test makes.
type Switches struct {
	// Version is what the instance says it is. What came after it is not there:
	// draft notes (15.10), their bulk publishing with a state (19.2),
	// detailed_merge_status (15.6), reviewers of a merge request (15.11),
	// the diffs and the raw diffs of one (15.7, 18.2), the latest pipeline (12.3).
	Version string
	// Premium has approval rules.
	Premium bool
	// NoTotals leaves X-Total and X-Total-Pages out, as of more than 10,000
	// records.
	NoTotals bool
	// MaxOffset is the last record that pages by number reach in lists of
	// projects. 0: 50,000.
	MaxOffset int
	// Looks is how often a merge request says checking before it knows whether it
	// can be merged.
	Looks int
	// Preparing has a merge request without the commits of its diff, as one is that
	// was just made. Its versions have them.
	Preparing bool
	// MaxPatch is from what size on the diff of a file is left out, collapsed from
	// a tenth of that. 0: 200 KiB.
	MaxPatch int
	// Nulls has null in every field that is not needed to tell one thing from
	// another.
	Nulls bool
	// RateLimit is how many requests of a minute are left. Negative: no limit, and
	// no headers of one.
	RateLimit int
	// RefuseMerge has a merge answered with this status, after everything was found
	// to be right. 0: it is merged.
	RefuseMerge int
	// Stamps puts the runner's timestamps before each line of a trace.
	Stamps bool
}

// Normal is the newest version that the stand-in knows, without premium.
func Normal() Switches {
	return Switches{Version: "19.2.1-ee", RateLimit: -1}
}

// Set changes switches.
func (g *GitLab) Set(change func(*Switches)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(&g.switches)
}

// since reports whether the instance is of that version or newer.
func (s Switches) since(major, minor int) bool {
	first, rest, _ := strings.Cut(s.Version, ".")
	second, _, _ := strings.Cut(rest, ".")
	a, _ := strconv.Atoi(first)
	b, _ := strconv.Atoi(second)
	return a > major || a == major && b >= minor
}

// nulled is v without what may be null, at every depth.
func nulled(v any) any {
	switch v := v.(type) {
	case obj:
		out := make(obj, len(v))
		for name, value := range v {
			out[name] = nil
			switch {
			case needed[name]:
				out[name] = value
			case kept[name]:
				out[name] = nulled(value)
			}
		}
		return out
	case []obj:
		out := make([]any, len(v))
		for i := range v {
			out[i] = nulled(v[i])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = nulled(v[i])
		}
		return out
	}
	return v
}

// needed are the fields that tell things apart or say what they are.
var needed = map[string]bool{
	"id": true, "iid": true, "name": true, "username": true, "path": true, "path_with_namespace": true, "default_branch": true, "title": true, "state": true,
	"status": true, "sha": true, "source_branch": true, "target_branch": true, "tag_name": true, "new_path": true, "old_path": true, "type": true,
	"diff": true, "body": true, "content": true, "encoding": true, "key": true, "version": true, "web_url": true, "created_at": true, "mode": true,
}

// kept are the lists and objects that have such fields.
var kept = map[string]bool{"commit": true, "commits": true, "diffs": true, "notes": true, "user": true, "author": true}
