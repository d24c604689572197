package cluster

import (
	"encoding/json"
	"strconv"
	"strings"
)

// An API server that refuses an object repeats it, or the part that is wrong: all
// of a Secret for one value that is no base64, a whole template for a field that
// cannot be changed.
const invalidValue = "Invalid value: "

// briefest is how long a value may be to be told.
const briefest = 80

// brief is the message of an API server without the objects that it repeats:
// nobody reads them, and there may be secrets in them.
func brief(message string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(message, invalidValue)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString(invalidValue)
		if n := objectAt(after); n > briefest || n > 0 && strings.Contains(after[:n], "apiVersion") {
			b.WriteString("{…}")
			after = after[n:]
		}
		message = after
	}
}

// objectAt is how long the object is with which a text begins, as JSON, as JSON in
// quotes or as Go prints it; 0 if it begins with something else.
func objectAt(text string) int {
	if quoted, err := strconv.QuotedPrefix(text); err == nil {
		if inner := strings.TrimLeft(quoted, "\"`"); strings.HasPrefix(inner, "{") || strings.HasPrefix(inner, "[") || strings.HasPrefix(inner, "map[") {
			return len(quoted)
		}
		return 0
	}
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		d := json.NewDecoder(strings.NewReader(text))
		var v json.RawMessage
		if d.Decode(&v) == nil {
			return int(d.InputOffset())
		}
	}
	open := strings.IndexAny(text, "{[ :")
	if open < 0 || text[open] == ' ' || text[open] == ':' {
		return 0
	}
	depth := 0
	for i := open; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			if quoted, err := strconv.QuotedPrefix(text[i:]); err == nil {
				i += len(quoted) - 1
			}
		}
	}
	return len(text) // it was cut
}
