package secret

import (
	"fmt"
	"strings"
)

// Template is text with references, parsed. The zero Template is empty text.
type Template struct {
	parts []part
}

// part is literal text when ref is nil.
type part struct {
	text string
	ref  *Ref
}

// SyntaxError is a $ that begins no valid reference.
type SyntaxError struct {
	Offset int // of the byte in the text
	What   string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid reference at byte %d: %s", e.Offset, e.What)
}

// Parse reads text. The error is a [*SyntaxError].
func Parse(text string) (Template, error) {
	var t Template
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t.parts = append(t.parts, part{text: literal.String()})
			literal.Reset()
		}
	}
	for i := 0; i < len(text); {
		end, isRef, err := reference(text, i)
		switch {
		case err != nil:
			return Template{}, err
		case isRef:
			flush()
			ref, err := parseRef(text, i, end)
			if err != nil {
				return Template{}, err
			}
			t.parts = append(t.parts, part{ref: &ref})
			i = end + 1
		case strings.HasPrefix(text[i:], "$$"):
			literal.WriteByte('$')
			i += 2
		default:
			literal.WriteByte(text[i])
			i++
		}
	}
	flush()
	return t, nil
}

// reference reports whether text[i:] begins a reference, and where its closing
// bracket is.
func reference(text string, i int) (end int, isRef bool, err error) {
	closing := ""
	switch {
	case strings.HasPrefix(text[i:], "${"):
		closing = "}"
	case strings.HasPrefix(text[i:], "$<"):
		closing = ">"
	default:
		return 0, false, nil
	}
	n := strings.Index(text[i:], closing)
	if n < 0 {
		return 0, false, &SyntaxError{Offset: i, What: fmt.Sprintf("no closing %q; write $$ for a literal $", closing)}
	}
	return i + n, true, nil
}

// parseRef reads the reference whose $ is at start and whose bracket is at end.
func parseRef(text string, start, end int) (Ref, error) {
	fail := func(offset int, format string, args ...any) (Ref, error) {
		return Ref{}, &SyntaxError{Offset: offset, What: fmt.Sprintf(format, args...)}
	}
	body := text[start+2 : end]
	word, rest, found := strings.Cut(body, ":")
	kind, known := kinds[word]
	if !found || !known {
		return fail(start, "%q is not env:NAME, secret:NAME or secretfile:NAME; write $$ for a literal $", body)
	}
	ref := Ref{Kind: kind}
	ref.Name, ref.Default, ref.HasDefault = strings.Cut(rest, ":-")
	if name, ok := strings.CutSuffix(ref.Name, "?"); ok {
		ref.Name, ref.Optional = name, true
	}
	at := start + 2 + len(word) + 1
	switch {
	case !validName(kind, ref.Name):
		return fail(at, "%q is not a name of a %s", ref.Name, kindNoun(kind))
	case ref.HasDefault && kind != Env:
		return fail(at, "only a variable can have a default, a %s cannot", kindNoun(kind))
	case ref.HasDefault && ref.Optional:
		return fail(at, "%s has both ? and a default", ref.Name)
	case ref.Optional && kind == SecretFile:
		return fail(at, "a secret file cannot be optional")
	}
	if ref.HasDefault {
		// The first closing bracket ended the reference, so a reference inside
		// the default would be cut in two without this check.
		at = end - len(ref.Default)
		for i := 0; i < len(ref.Default); i++ {
			switch {
			case strings.HasPrefix(ref.Default[i:], "$$"):
				i++
			case strings.HasPrefix(ref.Default[i:], "${"), strings.HasPrefix(ref.Default[i:], "$<"):
				return fail(at+i, "a default cannot hold a reference")
			}
		}
		ref.Default = strings.ReplaceAll(ref.Default, "$$", "$")
	}
	return ref, nil
}

func kindNoun(k Kind) string {
	switch k {
	case Env:
		return "variable"
	case SecretFile:
		return "secret file"
	}
	return "secret"
}

// Refs are the references, in the order of the text.
func (t Template) Refs() []Ref {
	var refs []Ref
	for _, p := range t.parts {
		if p.ref != nil {
			refs = append(refs, *p.ref)
		}
	}
	return refs
}

// Literal is the text when there are no references in it.
func (t Template) Literal() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].ref == nil:
		return t.parts[0].text, true
	}
	return "", false
}

// Prefix is the literal text before the first reference.
func (t Template) Prefix() string {
	if len(t.parts) == 0 {
		return ""
	}
	return t.parts[0].text
}
