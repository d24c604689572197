package clientsync

import (
	"bytes"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// wayBack is what was in a file before Loom wrote into it, and the steps to there;
// exact is false when they are lost.
func wayBack(format configfile.Format, r Record, text []byte) (undo [][]Paste, before []byte, exact bool) {
	if !r.Exact {
		return nil, nil, false
	}
	if hashOf(text) != r.Hash {
		undo, before, exact = rebase(r.Undo, text)
		if !exact {
			return nil, nil, false
		}
		_, err := configfile.Parse(format, before)
		return undo, before, err == nil
	}
	before = text
	for _, step := range r.Undo {
		before = configfile.Apply(before, splices(step))
	}
	return r.Undo, before, true
}

// pastes are steps back that can be kept: each knows what it takes away, so that it
// is found again when somebody writes elsewhere in the file. after is the text that
// the first step is for.
func pastes(after []byte, undo [][]configfile.Splice) [][]Paste {
	out := make([][]Paste, len(undo))
	for i, step := range undo {
		for _, s := range step {
			out[i] = append(out[i], Paste{Start: s.Start, End: s.End, Text: s.Text, Here: string(after[s.Start:s.End]), Around: around(after, s.Start, s.End)})
		}
		after = configfile.Apply(after, step)
	}
	return out
}

func splices(pastes []Paste) []configfile.Splice {
	out := make([]configfile.Splice, len(pastes))
	for i, p := range pastes {
		out[i] = configfile.Splice{Start: p.Start, End: p.End, Text: p.Text}
	}
	return out
}

// rebase finds the steps back in a text that somebody else has written since, and
// makes them. What they take away has to be there once, as it was written and
// between the same neighbours; ok is false otherwise.
func rebase(undo [][]Paste, text []byte) (moved [][]Paste, before []byte, ok bool) {
	by, ok := shift(undo, text)
	if !ok {
		return nil, nil, false
	}
	for _, step := range undo {
		var at []Paste
		for _, p := range step {
			p.Start, p.End = p.Start+by, p.End+by
			if p.Start < 0 || p.End > len(text) || string(text[p.Start:p.End]) != p.Here || around(text, p.Start, p.End) != p.Around {
				return nil, nil, false
			}
			at = append(at, p)
		}
		moved = append(moved, at)
		text = configfile.Apply(text, splices(at))
	}
	return moved, text, true
}

// shift is by how many bytes the place of what the first step takes away has moved.
func shift(undo [][]Paste, text []byte) (by int, ok bool) {
	var longest Paste
	for _, step := range undo {
		for _, p := range step {
			if len(p.Here) > len(longest.Here) {
				longest = p
			}
		}
		break
	}
	if longest.Here == "" || bytes.Count(text, []byte(longest.Here)) != 1 {
		return 0, false
	}
	return bytes.Index(text, []byte(longest.Here)) - longest.Start, true
}

// around are the nearest bytes before and behind a range that are not blank: brackets
// and commas as they are, so that none is left over, any other as x; 0 where there is
// none.
func around(text []byte, start, end int) (bounds [2]byte) {
	kind := func(b byte) byte {
		if strings.IndexByte("{[,]}", b) >= 0 {
			return b
		}
		return 'x'
	}
	if before := bytes.TrimRight(text[:start], " \t\r\n"); len(before) > 0 {
		bounds[0] = kind(before[len(before)-1])
	}
	if behind := bytes.TrimLeft(text[end:], " \t\r\n"); len(behind) > 0 {
		bounds[1] = kind(behind[0])
	}
	return bounds
}
