package forge

import (
	"regexp"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// redacted is what answers show in place of a secret.
var redacted = regexp.MustCompile(`\[redacted: [^\]\n]*\]`)

// lost is what a change would take from a file because answers do not show it: what
// stands for a secret would be written over the secret, which is refused. Newlines
// and invisible characters may be meant to go, which is said.
func (c changeArg) lost(was, now string) (hints []string, err error) {
	if mark := redacted.FindString(now); mark != "" && !redacted.MatchString(was) {
		return nil, kit.Errorf(kit.InvalidArgument, "%s: %s stands for a secret that answers do not show, and would be written in its place", c.Path, mark).
			WithHint("use edits that leave its line alone")
	}
	if c.Content == nil {
		return nil, nil
	}
	if strings.Contains(was, "\r\n") && !strings.Contains(now, "\r") {
		hints = append(hints, c.Path+" had newlines of DOS (CRLF), which answers do not show, and now has none: all lines are changed; edits keep them")
	}
	if invisible(was) && !invisible(now) {
		hints = append(hints, c.Path+" had invisible characters, which answers do not show, and now has none; edits keep them")
	}
	return hints, nil
}

// invisible reports whether answers leave something out of a text.
func invisible(text string) bool {
	return kit.Clean(text) != strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}
