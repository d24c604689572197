package review

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// Unread is something in a client's file that it does not read.
type Unread struct {
	Pos  configfile.Position
	What string
	Mend string // what to write in its place
}

// UnreadIn finds what the client does not read of its file.
func UnreadIn(t target.Target, file configfile.File) ([]Unread, error) {
	found, err := wrongRoots(t, file)
	if err != nil {
		return nil, err
	}
	entries, _, err := file.Entries(t.Key...)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		o, ok := e.Value.(configfile.Object)
		if !ok {
			found = append(found, Unread{e.Pos, fmt.Sprintf("%q is no server: it is not a mapping", e.Key), "remove it"})
			continue
		}
		members, _, err := file.Entries(append(slices.Clone(t.Key), e.Key)...)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			if instead, ok := dead[t.ID][m.Key]; ok {
				found = append(found, Unread{m.Pos, fmt.Sprintf("%q: %s does not read the key %s", e.Key, t.Name, m.Key), "write " + instead})
			}
		}
		found = append(found, unreadOf(t, e, o)...)
	}
	return found, nil
}

// wrongRoots finds servers under the key of another client.
func wrongRoots(t target.Target, file configfile.File) (found []Unread, err error) {
	root, _, err := file.Entries()
	if err != nil {
		return nil, err
	}
	for _, e := range root {
		other := slices.ContainsFunc(target.All(), func(other target.Target) bool { return other.Key[0] == e.Key })
		if servers, _ := e.Value.(configfile.Object); other && e.Key != t.Key[0] && slices.ContainsFunc(servers, startable) {
			found = append(found, Unread{e.Pos, fmt.Sprintf("%s does not read %q", t.Name, e.Key), fmt.Sprintf("its servers are under %q", strings.Join(t.Key, "."))})
		}
	}
	return found, nil
}

// startable reports a member that looks like a server.
func startable(m configfile.Member) bool {
	o, ok := m.Value.(configfile.Object)
	return ok && slices.ContainsFunc([]string{"command", "cmd", "url", "httpUrl", "serverUrl", "uri", "transport"}, func(key string) bool {
		_, ok := o.Get(key)
		return ok
	})
}

// dead are keys that somebody writes and the client ignores, and what it reads
// instead.
var dead = map[string]map[string]string{
	"codex": {
		"approval_mode": codexApproves, "always_allow": codexApproves, "alwaysAllow": codexApproves, "autoApprove": codexApproves,
		"headers": "http_headers",
	},
}

const codexApproves = `default_tools_approval_mode = "approve", or for one tool tools.NAME.approval_mode`

// claudeName is what Claude Code 2.1.330 takes for the name of a server.
var claudeName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// unreadOf finds what is wrong with an entry as a whole.
func unreadOf(t target.Target, e configfile.Entry, o configfile.Object) (found []Unread) {
	command, _ := o.Get("command")
	_, nested := command.(configfile.Object)
	switch _, ok := t.Found(o); {
	case nested && t.ID == "zed":
		found = append(found, Unread{e.Pos, fmt.Sprintf("%q: Zed does not read a mapping in command any more", e.Key), `write "command": "…", "args": […]`})
	case !ok && !startable(configfile.Member{Key: e.Key, Value: o}) && !isSwitch(o):
		found = append(found, Unread{e.Pos, fmt.Sprintf("%q: %s finds nothing to start: neither a command nor an address", e.Key, t.Name), "remove it, or say what is to be started"})
	}
	if t.ID == "claude" && !claudeName.MatchString(e.Key) {
		found = append(found, Unread{e.Pos, fmt.Sprintf("%q: Claude Code takes letters, digits, _ and - in a name", e.Key), "give it another name"})
	}
	return found
}

// isSwitch reports an entry that only turns something on or off which stands
// elsewhere: a server of an extension, or one that is built in.
func isSwitch(o configfile.Object) bool {
	for _, m := range o {
		switch m.Key {
		case "type", "enabled", "disabled", "settings", "bundled", "name", "display_name", "description", "timeout", "available_tools":
		default:
			return false
		}
	}
	return len(o) > 0
}
