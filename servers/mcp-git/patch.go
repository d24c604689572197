package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

// resume is where the next piece of a patch begins. It carries the shas, so
// that the pieces fit together when a branch has moved between two calls.
type resume struct {
	From, To   string
	File, Line int
}

// patchMeta says what a piece of a patch leaves for the next.
type patchMeta struct {
	FilesShown     int            `json:"files_shown"`
	FilesRemaining int            `json:"files_remaining"`
	NextArgs       map[string]any `json:"next_args,omitempty"`
}

const (
	// patchRoom is what the text of one answer may have here: the default cap
	// of the kit less its metadata. A piece ends at a hunk; were it left to
	// the cap, it would end at any line.
	patchRoom = 28 << 10
	// patchLeast is for the patch when a long list of files comes before it.
	patchLeast = 8 << 10
	// patchTable is how many files are listed before a patch.
	patchTable = 100
)

// readResume decodes the argument resume; key names the tool and what it was
// asked. The shas in it come from the client and are resolved like any ref.
func readResume(ctx context.Context, r *repo.Repo, key, text string) (resume, error) {
	var at resume
	if err := kit.DecodeCursor(key, text, &at); err != nil {
		return at, err
	}
	for _, sha := range []string{at.From, at.To} {
		if sha == repo.EmptyTree(sha) {
			continue
		}
		if resolved, err := r.Resolve(ctx, sha); err != nil || resolved != sha {
			return at, kit.Errorf(kit.CursorExpired, "the commits of this cursor are gone").WithHint("repeat the call without resume")
		}
	}
	return at, nil
}

// patchPiece appends a piece of the patch to body.
func patchPiece(ctx context.Context, r *repo.Repo, q repo.PatchQuery, key string, body *strings.Builder) (patchMeta, error) {
	q.Context = 3
	q.Budget = max(patchRoom-body.Len(), patchLeast)
	p, err := r.Patch(ctx, q)
	if err != nil {
		return patchMeta{}, err
	}
	if body.Len() > 0 && p.Text != "" {
		body.WriteByte('\n')
	}
	body.WriteString(p.Text)
	meta := patchMeta{FilesShown: len(p.Files)}
	if p.Next == nil {
		return meta, nil
	}
	for i := p.Next.File; i < len(q.Changes); i++ {
		if !q.Skip(i) {
			meta.FilesRemaining++
		}
	}
	cursor := kit.EncodeCursor(key, resume{From: q.From, To: q.To, File: p.Next.File, Line: p.Next.Line})
	// The cursor of the kit, with which a small max_bytes is read to the end,
	// belongs to this piece; laid over its arguments it must not stay.
	meta.NextArgs = map[string]any{"resume": cursor, "cursor": ""}
	fmt.Fprintf(body, "[the patch of %d more files follows: call again with resume=%s]\n", meta.FilesRemaining, cursor)
	return meta, nil
}
