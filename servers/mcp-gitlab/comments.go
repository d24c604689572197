package main

import (
	"context"
	"strconv"
	"strings"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// notePages bounds the notes that are read: what GitLab itself notes is among
// them and is left out, so that pages are not GitLab's.
const notePages = 20

// notes are all notes of an issue or a merge request, the oldest first.
func (g *gitlab) notes(ctx context.Context, repo string, number int, pull bool) ([]*gl.Note, bool, error) {
	all, cut, err := everything(notePages, func(o gl.ListOptions) ([]*gl.Note, *gl.Response, error) {
		if pull {
			return g.api.Notes.ListMergeRequestNotes(repo, int64(number), &gl.ListMergeRequestNotesOptions{ListOptions: o, OrderBy: gl.Ptr("created_at"), Sort: gl.Ptr("asc")}, in(ctx))
		}
		return g.api.Notes.ListIssueNotes(repo, int64(number), &gl.ListIssueNotesOptions{ListOptions: o, OrderBy: gl.Ptr("created_at"), Sort: gl.Ptr("asc")}, in(ctx))
	})
	return all, cut, wrap(ctx, err)
}

func (g *gitlab) comments(ctx context.Context, repo string, number int, pull bool, at forge.At) (forge.List[forge.Comment], error) {
	all, cut, err := g.notes(ctx, repo, number, pull)
	if err != nil {
		return forge.List[forge.Comment]{}, err
	}
	var list []forge.Comment
	for _, n := range all {
		if n != nil && !n.System {
			list = append(list, g.toComment(repo, number, pull, n))
		}
	}
	return sliced(list, cut, at), nil
}

func (g *gitlab) Comments(ctx context.Context, repo string, number int, at forge.At) (forge.List[forge.Comment], error) {
	return g.comments(ctx, repo, number, false, at)
}

// PullComments are apart: merge requests have numbers of their own.
func (g *gitlab) PullComments(ctx context.Context, repo string, number int, at forge.At) (forge.List[forge.Comment], error) {
	return g.comments(ctx, repo, number, true, at)
}

func (g *gitlab) toComment(repo string, number int, pull bool, n *gl.Note) forge.Comment {
	if n == nil {
		return forge.Comment{}
	}
	of := "issues/"
	if pull {
		of = "merge_requests/"
	}
	out := forge.Comment{
		ID: noteID(number, pull, n.ID), Author: n.Author.Username, Body: n.Body, Created: forge.Value(n.CreatedAt), Updated: forge.Value(n.UpdatedAt),
	}
	if page := g.page(repo, of+strconv.Itoa(number)); page != "" {
		out.URL = page + "#note_" + id(n.ID)
	}
	return out
}

// noteID names a note with what it is of, for GitLab finds it only there: 7-123
// of an issue, !7-123 of a merge request.
func noteID(number int, pull bool, note int64) string {
	text := strconv.Itoa(number) + "-" + id(note)
	if pull {
		return "!" + text
	}
	return text
}

func parseNote(text string) (number int, pull bool, note int64, err error) {
	rest, pull := strings.CutPrefix(text, "!")
	first, second, _ := strings.Cut(rest, "-")
	number, err1 := strconv.Atoi(first)
	note, err2 := strconv.ParseInt(second, 10, 64)
	if err1 != nil || err2 != nil || number <= 0 || note <= 0 {
		return 0, false, 0, kit.Errorf(kit.InvalidArgument, "%q is no id of a comment", text).
			WithHint("get_issue and get_merge_request show the ids of comments, such as 7-123 and !7-123")
	}
	return number, pull, note, nil
}

func (g *gitlab) AddComment(ctx context.Context, repo string, number int, pull bool, body string) (forge.Comment, error) {
	var n *gl.Note
	var err error
	body = noActions(body)
	if pull {
		n, _, err = g.api.Notes.CreateMergeRequestNote(repo, int64(number), &gl.CreateMergeRequestNoteOptions{Body: &body}, in(ctx))
	} else {
		n, _, err = g.api.Notes.CreateIssueNote(repo, int64(number), &gl.CreateIssueNoteOptions{Body: &body}, in(ctx))
	}
	if err != nil {
		return forge.Comment{}, wrap(ctx, err)
	}
	return g.toComment(repo, number, pull, n), nil
}

func (g *gitlab) GetComment(ctx context.Context, repo, comment string) (forge.Comment, error) {
	number, pull, note, err := parseNote(comment)
	if err != nil {
		return forge.Comment{}, err
	}
	var n *gl.Note
	if pull {
		n, _, err = g.api.Notes.GetMergeRequestNote(repo, int64(number), note, in(ctx))
	} else {
		n, _, err = g.api.Notes.GetIssueNote(repo, int64(number), note, in(ctx))
	}
	if err != nil {
		return forge.Comment{}, wrap(ctx, err)
	}
	return g.toComment(repo, number, pull, n), nil
}

func (g *gitlab) DeleteComment(ctx context.Context, repo, comment string) error {
	number, pull, note, err := parseNote(comment)
	if err != nil {
		return err
	}
	if pull {
		_, err = g.api.Notes.DeleteMergeRequestNote(repo, int64(number), note, in(ctx))
	} else {
		_, err = g.api.Notes.DeleteIssueNote(repo, int64(number), note, in(ctx))
	}
	return wrap(ctx, err)
}
