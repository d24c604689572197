package secret

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Value is text that may be secret. However it is printed, logged or encoded it
// says [redacted]; [Value.Reveal] is the one way to the text, so that a search
// for that word finds every place where a secret leaves.
type Value struct {
	// A pointer, because fmt calls no methods on unexported fields: inside
	// somebody's struct it then prints an address and not the text.
	text *string
}

// NewValue wraps text.
func NewValue(text string) Value { return Value{text: &text} }

// Reveal is the text itself.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// Equal compares the texts.
func (v Value) Equal(other Value) bool { return v.Reveal() == other.Reveal() }

// String is [redacted].
func (Value) String() string { return redacted }

// GoString is [redacted].
func (Value) GoString() string { return redacted }

// Format writes [redacted] for every verb: without it %x would print the hex of
// String, and %d the fields.
func (Value) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue is [redacted].
func (Value) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText is [redacted]. It also serves YAML and map keys.
func (Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON is "[redacted]".
func (Value) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
