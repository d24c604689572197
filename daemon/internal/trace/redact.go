package trace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/daemon/internal/redact"
)

// hidden stands where a secret was.
const hidden = redact.Mask

// Bounds of what is shown. What is looked at is bounded too, since it is done
// while the message passes.
const (
	maxText  = 200      // bytes of one string
	maxBody  = 60 << 10 // bytes of a message, a little more with its end
	maxFrame = 1 << 20  // a message above is not shown at all
	maxDepth = 32       // levels; each is scanned once more
	maxMatch = 600      // bytes of one text that patterns are searched in
)

// shown returns frame as JSON that may be shown: strings under names that
// stand for secrets, and what looks like a secret or is one, are replaced, and
// long values are shortened. What is no JSON becomes a string.
func shown(frame []byte, known *redact.Set) json.RawMessage {
	frame = bytes.TrimSpace(frame)
	r := redactor{secrets: known, max: maxBody}
	var out []byte
	switch {
	case len(frame) > maxFrame:
		return quote(fmt.Sprintf("[%d bytes: too long to show]", len(frame)))
	case utf8.Valid(frame) && json.Valid(frame):
		out = r.value(nil, frame, plain, 0)
	default:
		out = quote(r.text(strings.ToValidUTF8(string(frame), "�"), 0))
	}
	// Whatever was overlooked: no known value leaves.
	if known.Shows(string(out)) {
		return quote(hidden)
	}
	return out
}

// redactor writes JSON values anew. Once max bytes are written it leaves out
// the rest of every list and object.
type redactor struct {
	secrets *redact.Set
	max     int
}

// guard says what of a value is secret.
type guard int

const (
	plain   guard = iota
	texts         // strings: a "token" that is a number is a count
	scalars       // numbers too
)

// value appends raw, a valid value without blanks around it.
func (r *redactor) value(dst, raw []byte, g guard, depth int) []byte {
	switch c := raw[0]; {
	case depth > maxDepth && (c == '{' || c == '['):
		return append(dst, `"[nested too deep to show]"`...)
	case c == '{':
		return r.object(dst, raw, g, depth)
	case c == '[':
		return r.array(dst, raw, g, depth)
	case c == '"':
		if g != plain {
			return append(dst, `"`+hidden+`"`...)
		}
		text, _ := jsonrpc.Text(raw)
		return append(dst, quote(r.text(text, depth))...)
	case c == 't' || c == 'f' || c == 'n':
		return append(dst, raw...)
	case g == scalars || len(raw) > maxText || r.secrets.Shows(string(raw)):
		return append(dst, `"`+hidden+`"`...)
	}
	return append(dst, raw...)
}

func (r *redactor) object(dst, raw []byte, g guard, depth int) []byte {
	all := jsonrpc.Span{End: len(raw)}
	named := plain // {"name": "API_KEY", "value": …}
	jsonrpc.Members(raw, all, func(name string, value jsonrpc.Span) bool {
		if text, ok := jsonrpc.Text(value.Of(raw)); ok && (name == "name" || name == "key") && guarded(text) != plain {
			named = scalars
		}
		return true
	})
	dst = append(dst, '{')
	first, left := true, 0
	jsonrpc.Members(raw, all, func(name string, value jsonrpc.Span) bool {
		if len(dst) > r.max {
			left++
			return true
		}
		dst, first = separate(dst, first), false
		inner := max(g, guarded(name))
		if name == "value" {
			inner = max(inner, named)
		}
		dst = append(append(dst, quote(shorten(r.secrets.Text(name), maxText))...), ':')
		dst = r.value(dst, value.Of(raw), inner, depth+1)
		return true
	})
	if left > 0 {
		dst = fmt.Appendf(separate(dst, first), `"…":"%d more"`, left)
	}
	return append(dst, '}')
}

func (r *redactor) array(dst, raw []byte, g guard, depth int) []byte {
	dst = append(dst, '[')
	first, left := true, 0
	option := plain // ["--token", …]
	jsonrpc.Elements(raw, jsonrpc.Span{End: len(raw)}, func(value jsonrpc.Span) bool {
		if len(dst) > r.max {
			left++
			return true
		}
		dst, first = separate(dst, first), false
		dst = r.value(dst, value.Of(raw), max(g, option), depth+1)
		option = plain
		if text, ok := jsonrpc.Text(value.Of(raw)); ok && strings.HasPrefix(text, "-") && !strings.ContainsAny(text, "= ") {
			option = guarded(text)
		}
		return true
	})
	if left > 0 {
		dst = fmt.Appendf(separate(dst, first), `"… %d more"`, left)
	}
	return append(dst, ']')
}

// quote is text as a JSON string that people can read: < stays <.
func quote(text string) []byte {
	raw, err := jsonrpc.Marshal(text)
	if err != nil { // never, of a string
		return []byte(`"` + hidden + `"`)
	}
	return raw
}

func separate(dst []byte, first bool) []byte {
	if first {
		return dst
	}
	return append(dst, ',')
}

// text is a string that may be shown. Results are often JSON inside of a string.
func (r *redactor) text(text string, depth int) string {
	size := len(text)
	text = r.secrets.Text(text)
	inner := []byte(strings.TrimSpace(text))
	if depth < maxDepth && len(inner) > 1 && (inner[0] == '{' || inner[0] == '[') && json.Valid(inner) {
		nested := redactor{secrets: r.secrets, max: maxText}
		text = string(nested.value(nil, inner, plain, depth+1))
	} else {
		text = looksSecret(cut(text, maxMatch))
	}
	if size > maxText || len(text) > maxText {
		return fmt.Sprintf("%s… (%d bytes)", cut(text, maxText), size)
	}
	return text
}

// shorten cuts text to max bytes, and shows that it did.
func shorten(text string, max int) string {
	if len(text) <= max {
		return text
	}
	return cut(text, max) + "…"
}

// cut cuts text to at most max bytes, between two letters.
func cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	for max > 0 && !utf8.RuneStart(text[max]) {
		max--
	}
	return text[:max]
}

// Words that stand for secrets, in lower case and without _, - and blanks.
var (
	secretWords = []string{"password", "passwd", "passphrase", "passcode", "secret", "authorization", "apikey", "accesskey", "privatekey", "cookie", "credential"}
	tokenWords  = []string{"token", "bearer"}
)

var plainName = strings.NewReplacer("_", "", "-", "", " ", "")

// guarded says what a name makes of its value.
func guarded(name string) guard {
	folded := plainName.Replace(strings.ToLower(cut(name, maxText)))
	switch {
	case containsAny(folded, secretWords) || folded == "pwd":
		return scalars
	case name == "progressToken": // MCP's own, in every call
		return plain
	case containsAny(folded, tokenWords):
		return texts
	}
	return plain
}

func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
}

// patterns find secrets in text that is no JSON, by what stands before them or
// by the shape that well-known services give to theirs. They are slow, so each
// is tried only where one of its hints is in the text (in lower case).
var patterns = []struct {
	hints []string
	find  *regexp.Regexp
	with  string
}{
	{[]string{"bearer", "basic"}, regexp.MustCompile(`(?i)\b(bearer\s+[A-Za-z0-9._~+/=-]{8,}|basic\s+[A-Za-z0-9+/=]{16,})`), hidden},
	{[]string{"authorization", "cookie"}, regexp.MustCompile(`(?i)((?:authorization|cookie)\\*["']?\s*[:=]\s*)[^\r\n]+`), "${1}" + hidden},
	{[]string{"passw", "passphrase", "passcode", "pwd", "secret", "key", "credential", "token", "bearer"},
		regexp.MustCompile(`(?i)((?:passw(?:or)?d|passphrase|passcode|\bpwd|secret|(?:api|access|private)[-_ ]?key|credential|token|bearer)[\w.-]*\\*["']?\s*[:=]\s*\\*)("[^"]*"?|'[^']*'?|[^\s"',;&]+)`), "${1}" + hidden},
	{[]string{"://"}, regexp.MustCompile(`(://[^\s/@:]*:)[^\s/@]+@`), "${1}" + hidden + "@"},
	{[]string{"gh", "gl", "xox", "akia", "sk-", "eyj"},
		regexp.MustCompile(`\b(?:gh[pousr]_|github_pat_|gl(?:pat|dt|rt|cbt|ptt|ft|soat)-|xox[abeprs]-|AKIA)[A-Za-z0-9_-]{10,}|\bsk-[A-Za-z0-9_-]{20,}|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*`), hidden},
	{[]string{"-----begin "}, regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*`), hidden},
}

func looksSecret(text string) string {
	folded := strings.ToLower(text)
	for _, p := range patterns {
		if containsAny(folded, p.hints) {
			text = p.find.ReplaceAllString(text, p.with)
		}
	}
	return text
}
