package secret

import "strings"

// Rewrite is the template in another syntax: literal says how a piece of text is
// written there, and ref a reference. ok is false when one of them has no such way.
func (t Template) Rewrite(literal func(string) (string, bool), ref func(Ref) (string, bool)) (text string, ok bool) {
	var b strings.Builder
	for _, p := range t.parts {
		piece, ok := "", false
		if p.ref == nil {
			piece, ok = literal(p.text)
		} else {
			piece, ok = ref(*p.ref)
		}
		if !ok {
			return "", false
		}
		b.WriteString(piece)
	}
	return b.String(), true
}
