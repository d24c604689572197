package kit

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/kit/redact"
)

// Clean makes text of others fit to be read by a model and shown on a
// terminal: without ANSI sequences, control characters other than newline and
// tab, and the invisible runes that hide or reorder text. Invalid UTF-8
// becomes U+FFFD. The kit cleans every answer; servers need it only for text
// that they compare or measure.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if s[i] == 0x1b {
			i += escapeLen(s[i:])
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == '\r' && strings.HasPrefix(s[i+1:], "\n") {
			r = -1 // CRLF becomes LF
		} else if r == '\r' {
			r = '\n' // a progress bar drew over its line
		}
		if r >= 0 && !hidden(r) {
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

func isClean(s string) bool {
	for _, r := range s {
		if hidden(r) || r == '\r' || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// hidden reports whether r shows nothing and changes how the rest is read.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < 0x20, 0x7f <= r && r < 0xa0: // C0, DEL, C1
		return true
	case r == 0x00ad, r == 0x061c, r == 0x180e, r == 0xfeff: // soft hyphen, marks, BOM
		return true
	case 0x200b <= r && r <= 0x200f, 0x2028 <= r && r <= 0x202e: // zero width, bidi
		return true
	case 0x2060 <= r && r <= 0x206f: // joiners, isolates
		return true
	case 0xe0000 <= r && r <= 0xe0fff: // tags: ASCII that nobody sees
		return true
	}
	return false
}

// escapeLen is the length of the escape sequence that s begins with.
func escapeLen(s string) int {
	if len(s) < 2 {
		return 1
	}
	switch s[1] {
	case '[': // CSI: parameters, then one final byte
		for i := 2; i < len(s); i++ {
			if s[i] >= 0x40 && s[i] <= 0x7e {
				return i + 1
			}
			if s[i] < 0x20 || s[i] > 0x7e {
				return i // cut off
			}
		}
		return len(s)
	case ']', 'P', 'X', '^', '_': // OSC and other strings: to BEL or ST
		for i := 2; i < len(s); i++ {
			switch {
			case s[i] == 0x07:
				return i + 1
			case s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\':
				return i + 2
			case s[i] == '\n': // never closed: do not swallow the rest
				return i
			}
		}
		return len(s)
	}
	if s[1] >= 0x20 && s[1] <= 0x7e {
		return 2
	}
	return 1
}

// Shorten cuts s to n runes and says how many are missing: one line of a log, a
// long text in a record of a list. Credentials are taken out before that: half of
// one would not be known as one when the answer is looked through.
func Shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s, _ = new(redact.Redactor).Text(s)
	return shorten(s, n)
}

// shorten cuts s to n runes and says how many are missing.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	count, at := 0, 0
	for i := range s {
		if count == n {
			at = i
		}
		count++
	}
	if count <= n {
		return s
	}
	return fmt.Sprintf("%s…(+%d)", s[:at], count-n)
}
