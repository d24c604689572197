package main

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/forge/patch"
	"github.com/loom-core/loom/servers/kit"
)

// spot is a line of a hunk by its numbers on both sides, as GitLab counts: a line
// that one side does not have has the number of that side's next line.
type spot struct {
	sign     byte
	old, now int
}

// spots are those of the lines of a hunk, in order.
func spots(h patch.Hunk) []spot {
	list := make([]spot, len(h.Lines))
	old, now := h.OldStart, h.NewStart
	for i, line := range h.Lines {
		s := spot{' ', old, now}
		if line != "" {
			s.sign = line[0]
		}
		list[i] = s
		switch s.sign {
		case '+':
			now++
		case '-':
			old++
		case '\\':
		default:
			old++
			now++
		}
	}
	return list
}

func (s spot) is(side string, line int) bool {
	if side == patch.Left {
		return s.old == line && s.sign != '+' && s.sign != '\\'
	}
	return s.now == line && s.sign != '-' && s.sign != '\\'
}

func find(f patch.File, side string, line int) (spot, bool) {
	for _, h := range f.Hunks {
		if i := slices.IndexFunc(spots(h), func(s spot) bool { return s.is(side, line) }); i >= 0 {
			return spots(h)[i], true
		}
	}
	return spot{}, false
}

// lines are the numbers that a position has: both for a line that stayed.
func (s spot) lines() (old, now *int64) {
	if s.sign != '+' {
		old = gl.Ptr(int64(s.old))
	}
	if s.sign != '-' {
		now = gl.Ptr(int64(s.now))
	}
	return old, now
}

// inRange is one end of several lines.
func (s spot) inRange(path string) *gl.LinePositionOptions {
	sum := sha1.Sum([]byte(path))
	p := &gl.LinePositionOptions{LineCode: gl.Ptr(fmt.Sprintf("%s_%d_%d", hex.EncodeToString(sum[:]), s.old, s.now)), Type: gl.Ptr("old")}
	if s.sign == '+' {
		p.Type = gl.Ptr("new")
	}
	p.OldLine, p.NewLine = s.lines()
	return p
}

// position is where GitLab is to show a comment.
func position(refs gl.MergeRequestDiffRefs, files []patch.File, c forge.LineComment) (*gl.PositionOptions, error) {
	i := slices.IndexFunc(files, func(f patch.File) bool { return f.Path == c.Path })
	gone := kit.Errorf(kit.Conflict, "%s:%d is no longer in the diff", c.Path, c.Line).WithHint("the branch was pushed to: look at get_merge_request_diff again")
	if i < 0 {
		return nil, gone
	}
	f := files[i]
	end, ok := find(f, c.Side, c.Line)
	if !ok {
		return nil, gone
	}
	before := f.Old
	if before == "" {
		before = f.Path
	}
	p := &gl.PositionOptions{
		PositionType: gl.Ptr("text"), BaseSHA: &refs.BaseSha, StartSHA: &refs.StartSha, HeadSHA: &refs.HeadSha, OldPath: &before, NewPath: gl.Ptr(f.Path),
	}
	p.OldLine, p.NewLine = end.lines()
	if c.Start > 0 && c.Start < c.Line {
		start, ok := find(f, c.Side, c.Start)
		if !ok {
			return nil, gone
		}
		p.LineRange = &gl.LineRangeOptions{Start: start.inRange(f.Path), End: end.inRange(f.Path)}
	}
	return p, nil
}
