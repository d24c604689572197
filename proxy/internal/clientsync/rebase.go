package clientsync

import (
	"bytes"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// pastes are steps back that can be kept: each knows what it takes away, so that it
// is found again when somebody writes elsewhere in the file. after is the text that
// the first step is for.
func pastes(after []byte, undo [][]configfile.Splice, moved []Moved) [][]Paste {
	out := make([][]Paste, len(undo))
	for i, step := range undo {
		for _, s := range step {
			p := Paste{Start: s.Start, End: s.End, Here: string(after[s.Start:s.End]), Around: around(after, s.Start, s.End)}
			p.Text, p.Holes = punch(s.Text, moved)
			out[i] = append(out[i], p)
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

// rebase finds the steps back in a text that somebody else has written since. What
// they take away has to be there once, as it was written and between the same
// neighbours; ok is false otherwise.
func rebase(undo [][]Paste, text []byte) (moved [][]Paste, ok bool) {
	by, ok := shift(undo, text)
	if !ok {
		return nil, false
	}
	for _, step := range undo {
		var at []Paste
		for _, p := range step {
			p.Start, p.End = p.Start+by, p.End+by
			if p.Start < 0 || p.End > len(text) || string(text[p.Start:p.End]) != p.Here || around(text, p.Start, p.End) != p.Around {
				return nil, false
			}
			at = append(at, p)
		}
		moved = append(moved, at)
		text = configfile.Apply(text, splices(at))
	}
	return moved, true
}

// shift is by how many bytes the place of what the first step takes away has moved.
func shift(undo [][]Paste, text []byte) (by int, ok bool) {
	if len(undo) == 0 {
		return 0, false
	}
	var longest Paste
	for _, p := range undo[0] {
		if len(p.Here) > len(longest.Here) {
			longest = p
		}
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
