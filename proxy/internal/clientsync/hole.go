package clientsync

import (
	"bytes"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/configfile"
)

// Moved is a secret that stood in a client's file and is in the keyring now.
type Moved struct {
	Name  string // in the keyring
	Value secret.Value
}

// Hole is a place in a text where a secret stood. Nothing of ours keeps its value:
// blanks stand there, or a reference to be read.
type Hole struct {
	At     int    `json:"at"` // in bytes
	Len    int    `json:"len"`
	Secret string `json:"secret"`
	JSON   bool   `json:"json,omitempty"` // it is inside a JSON string, and was written with escapes
}

// reference is how a hole is shown.
func (h Hole) reference() string { return "${secret:" + h.Secret + "}" }

// source is how a value is written in the place of the hole.
func (h Hole) source(v secret.Value) string {
	if h.JSON {
		return escaped(v.Reveal())
	}
	return v.Reveal()
}

// escaped is a text as it stands between the quotes of a JSON string, and of TOML's
// basic ones.
func escaped(text string) string {
	quoted := configfile.Quote(text)
	return quoted[1 : len(quoted)-1]
}

// punch blanks out every moved secret in a text, whatever it stands in.
func punch(text string, moved []Moved) (string, []Hole) {
	var holes []Hole
	out := []byte(text)
	byLength := slices.SortedFunc(slices.Values(moved), func(a, b Moved) int {
		return len(b.Value.Reveal()) - len(a.Value.Reveal()) // one may be a part of another
	})
	for _, m := range byLength {
		raw := m.Value.Reveal()
		if raw == "" {
			continue
		}
		forms := []string{raw}
		if e := escaped(raw); e != raw {
			forms = append(forms, e)
		}
		for i, form := range forms {
			for at := 0; ; {
				next := bytes.Index(out[at:], []byte(form))
				if next < 0 {
					break
				}
				at += next
				holes = append(holes, Hole{At: at, Len: len(form), Secret: m.Name, JSON: i == 1 || inQuotes(out, at)})
				copy(out[at:], blank(len(form)))
				at += len(form)
			}
		}
	}
	sortHoles(holes)
	return string(out), holes
}

// inQuotes reports that a place is inside a double-quoted string of its line, where
// a value with a quote in it has to be escaped.
func inQuotes(text []byte, at int) bool {
	line := text[bytes.LastIndexByte(text[:at], '\n')+1 : at]
	open := false
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			open = !open
		}
	}
	return open
}

func blank(n int) string { return strings.Repeat(" ", n) }

// fill puts something into every hole of a text, and says where it is then.
func fill(text []byte, holes []Hole, with func(Hole) string) ([]byte, []Hole) {
	var out []byte
	at := 0
	placed := make([]Hole, len(holes))
	for i, h := range holes {
		out = append(out, text[at:h.At]...)
		what := with(h)
		placed[i] = h
		placed[i].At, placed[i].Len = len(out), len(what)
		out = append(out, what...)
		at = h.At + h.Len
	}
	return append(out, text[at:]...), placed
}

// shown is a text with a reference in the place of every hole.
func shown(text []byte, holes []Hole) ([]byte, []Hole) { return fill(text, holes, Hole.reference) }

// rewind makes the steps of an undo, one after the other, and says where the holes
// of their texts are in what comes out. ok is false when a step cuts a hole.
func rewind(text []byte, steps [][]Paste) (out []byte, holes []Hole, ok bool) {
	out = text
	for _, step := range steps {
		var next []Hole
		for _, h := range holes {
			shift, gone := 0, false
			for _, p := range step {
				switch {
				case p.End <= h.At:
					shift += len(p.Text) - (p.End - p.Start)
				case p.Start >= h.At+h.Len:
				case p.Start <= h.At && p.End >= h.At+h.Len:
					gone = true
				default:
					return nil, nil, false
				}
			}
			if !gone {
				h.At += shift
				next = append(next, h)
			}
		}
		shift := 0
		for _, p := range step { // in the order of the text
			for _, h := range p.Holes {
				h.At += p.Start + shift
				next = append(next, h)
			}
			shift += len(p.Text) - (p.End - p.Start)
		}
		out = configfile.Apply(out, splices(step))
		sortHoles(next)
		holes = next
	}
	return out, holes, true
}

func sortHoles(holes []Hole) { slices.SortFunc(holes, func(a, b Hole) int { return a.At - b.At }) }
