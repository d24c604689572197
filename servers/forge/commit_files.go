package forge

import (
	"context"
	"errors"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

type changeArg struct {
	Path    string    `arg:"path,required"`
	Action  string    `arg:"action,required" enum:"create,update,delete,move"`
	From    string    `arg:"from" doc:"of a move"`
	Content *string   `arg:"content,raw" doc:"whole file"`
	Edits   []editArg `arg:"edits" doc:"instead of content"`
}

type commitFilesArgs struct {
	Repo    string      `arg:"repo,required" doc:"{repo}"`
	Branch  string      `arg:"branch,required"`
	Message string      `arg:"message,required,raw"`
	Changes []changeArg `arg:"changes,required"`
	Head    string      `arg:"expected_head_sha" doc:"refuse if the branch has moved"`
	Start   string      `arg:"start_branch" doc:"to make branch from, if it is new"`
	DryRun  bool        `arg:"dry_run"`
}

type commitMade struct {
	Changed bool       `json:"changed"`
	SHA     string     `json:"sha,omitempty"`
	Branch  string     `json:"branch"`
	Parent  string     `json:"parent"`
	URL     string     `json:"url,omitempty"`
	Files   []fileMade `json:"files"`
	Hints   []string   `json:"hints,omitempty"`
}

type fileMade struct {
	Path   string `json:"path"`
	Action string `json:"action"`
	Size   int    `json:"size"`
	Lines  int    `json:"lines"`
	Was    int    `json:"lines_before,omitempty"`
}

func (f *forge) commitFiles() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "commit_files", Title: "Commit files", Description: "ONE commit of all changes, or none. edits replace texts that must be there exactly count times.",
		Hints: creates, Output: commitMade{},
		Example: `{"repo":"acme/web","branch":"fix-login","message":"login: take 401 for what it is","changes":[{"path":"login.go","action":"update","edits":[{"find":"== 403","replace":"== 401"}]}]}`,
	}), func(ctx context.Context, a commitFilesArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		for what, ref := range map[string]string{"branch": a.Branch, "start_branch": a.Start} {
			if err := refName(what, ref); err != nil {
				return nil, err
			}
		}
		if strings.TrimSpace(a.Message) == "" {
			return nil, kit.Errorf(kit.InvalidArgument, "the message is empty").WithHint("say in a line what the commit does")
		}
		head, start, err := f.branchHead(ctx, b, repo, a)
		if err != nil {
			return nil, err
		}
		made := commitMade{Branch: a.Branch, Parent: head, Files: []fileMade{}}
		changes, err := f.fileChanges(ctx, b, repo, head, a.Changes, &made)
		if err != nil {
			return nil, err
		}
		if changes == nil {
			made.Hints = append(made.Hints, "the files are like this already: there is nothing to commit")
			return kit.Record(made), nil
		}
		if a.DryRun {
			made.Hints = append(made.Hints, "a dry run: the same call without dry_run commits this")
			return kit.Record(made), nil
		}
		c, err := b.Commit(ctx, repo, NewCommit{Branch: a.Branch, Start: start, Message: a.Message, Changes: changes})
		if err != nil {
			return nil, f.moved(ctx, b, repo, a.Branch, head, err)
		}
		made.Changed, made.SHA, made.URL = true, c.SHA, c.URL
		return kit.Record(made).Untrusted(), nil
	})
}

// branchHead is the commit that the changes are made on, and the branch to
// begin from when the one that was asked for does not exist.
func (f *forge) branchHead(ctx context.Context, b Backend, repo string, a commitFilesArgs) (head, start string, err error) {
	head, err = b.Resolve(ctx, repo, a.Branch)
	if IsCode(err, kit.NotFound) && a.Start != "" {
		start = a.Start
		head, err = b.Resolve(ctx, repo, a.Start)
	}
	if err != nil {
		return "", "", f.unknownRef(ctx, b, repo, err, "create_branch makes it, or set start_branch; ", a.Branch, a.Start)
	}
	if a.Head != "" && !strings.HasPrefix(head, strings.ToLower(a.Head)) {
		return "", "", kit.Errorf(kit.Conflict, "%s is at %s, not at %s", a.Branch, head, a.Head).
			WithHint("see what changed with list_commits ref=%s, then commit with expected_head_sha=%s", a.Branch, head)
	}
	return head, start, nil
}

// moved says so when a commit was refused because somebody else was faster.
func (f *forge) moved(ctx context.Context, b Backend, repo, branch, head string, err error) error {
	var e *kit.Error
	if IsCode(err, kit.NotFound) { // what was resolved may be a tag or a commit
		return f.unknownRef(ctx, b, repo, err, "commits are made on branches, and "+branch+" may be none; ", branch)
	}
	if !errors.As(err, &e) || e.Code != kit.Conflict && e.Code != kit.InvalidArgument && e.Code != kit.FailedPrecondition {
		return err
	}
	if now, failed := b.Resolve(ctx, repo, branch); failed == nil && now != head {
		return kit.Errorf(kit.Conflict, "%s moved from %s to %s while this was made", branch, sha12(head), now).
			WithHint("see what changed with list_commits ref=%s, then commit again", branch)
	}
	return err
}

const maxChanges = 200

// fileChanges reads what is there and makes of it what is to be. What would
// change nothing is left out; nil means that nothing would.
func (f *forge) fileChanges(ctx context.Context, b Backend, repo, head string, args []changeArg, made *commitMade) ([]FileChange, error) {
	if len(args) > maxChanges {
		return nil, kit.Errorf(kit.TooLarge, "%d changes are more than %d", len(args), maxChanges).WithHint("make several commits")
	}
	seen := make(map[string]bool)
	for i := range args {
		c := &args[i]
		var err error
		if c.Path, err = filePath(c.Path); err != nil {
			return nil, err
		}
		if c.From, err = filePath(c.From); err != nil {
			return nil, err
		}
		if err := c.check(); err != nil {
			return nil, err
		}
		for _, path := range []string{c.Path, c.From} {
			if path != "" && seen[path] {
				return nil, kit.Errorf(kit.InvalidArgument, "%s is changed twice", path).WithHint("put all edits of a file into one change")
			}
			seen[path] = true
		}
	}
	before, err := readAll(ctx, b, repo, head, args)
	if err != nil {
		return nil, err
	}
	var changes []FileChange
	var problems []string
	for _, c := range args {
		change, row, err := c.apply(before)
		if err != nil {
			var e *kit.Error
			if len(args) == 1 || !errors.As(err, &e) {
				return nil, err
			}
			problems = append(problems, e.Message+" ("+e.Hint+")")
			continue
		}
		if change == nil {
			made.Hints = append(made.Hints, c.Path+" is like this already")
			continue
		}
		changes = append(changes, *change)
		made.Files = append(made.Files, row)
		if old := before[c.source()]; old != nil && change.Content != nil && binaryKind(old.Content) == "" {
			hints, err := c.lost(string(old.Content), string(change.Content))
			if err != nil {
				return nil, err
			}
			made.Hints = append(made.Hints, hints...)
		}
	}
	if problems != nil {
		return nil, kit.Errorf(kit.FailedPrecondition, "nothing was committed: %s", strings.Join(problems, "; "))
	}
	return changes, nil
}

func (c changeArg) check() error {
	bad := func(text string) error {
		return kit.Errorf(kit.InvalidArgument, "%s: %s", c.Path, text)
	}
	switch {
	case c.Path == "":
		return kit.Errorf(kit.InvalidArgument, "a change has no path")
	case c.Content != nil && c.Edits != nil:
		return bad("content and edits exclude each other")
	case c.Action == "create" && c.Content == nil:
		return bad("create needs content")
	case c.Action == "update" && c.Content == nil && c.Edits == nil:
		return bad("update needs content or edits")
	case c.Action == "delete" && (c.Content != nil || c.Edits != nil):
		return bad("delete takes no content")
	case (c.Action == "move") != (c.From != ""):
		return bad("from belongs to move, and move needs it")
	}
	return nil
}

// readAll reads the files that there are, by their paths: what is changed, and
// where something is moved to.
func readAll(ctx context.Context, b Backend, repo, head string, args []changeArg) (map[string]*File, error) {
	var paths []string
	for _, c := range args {
		paths = append(paths, c.Path)
		if c.From != "" {
			paths = append(paths, c.From)
		}
	}
	files := make([]*File, len(paths))
	var ask []func(context.Context) error
	for i, path := range paths {
		ask = append(ask, func(ctx context.Context) error {
			file, err := b.GetFile(ctx, repo, head, path)
			if err == nil {
				files[i] = &file
			}
			if IsCode(err, kit.NotFound) {
				return nil
			}
			return err
		})
	}
	if err := upstream.All(ctx, ask...); err != nil {
		return nil, err
	}
	there := make(map[string]*File)
	for i, path := range paths {
		there[path] = files[i]
	}
	return there, nil
}

// source is the path of what is changed.
func (c changeArg) source() string {
	if c.From != "" {
		return c.From
	}
	return c.Path
}

// apply makes the change. nil without an error is one that changes nothing.
func (c changeArg) apply(there map[string]*File) (*FileChange, fileMade, error) {
	path := c.source()
	before := there[path]
	switch {
	case c.From != "" && there[c.Path] != nil:
		return nil, fileMade{}, kit.Errorf(kit.Conflict, "%s is there already", c.Path).WithHint("update %s with the content of %s, and delete that", c.Path, c.From)
	case c.Action == "create" && before != nil:
		if string(before.Content) == *c.Content {
			return nil, fileMade{}, nil
		}
		return nil, fileMade{}, kit.Errorf(kit.Conflict, "%s is there already", c.Path).WithHint("use action=update, with edits if it is large")
	case c.Action != "create" && before == nil && c.Action == "delete":
		return nil, fileMade{}, nil
	case c.Action != "create" && before == nil:
		return nil, fileMade{}, kit.Errorf(kit.NotFound, "%s is not there", path).WithHint("list_files shows what is; action=create makes a file")
	case before != nil && before.LFS && c.Action != "delete" && (c.Content != nil || c.Edits != nil):
		return nil, fileMade{}, kit.Errorf(kit.Unsupported, "%s is kept in LFS, which takes no commits this way", path)
	}
	change := &FileChange{Action: c.Action, Path: c.Path, From: c.From}
	row := fileMade{Path: c.Path, Action: c.Action}
	var was string
	if before != nil {
		change.SHA, change.Commit, was = before.SHA, before.Commit, string(before.Content)
		row.Was = len(lines(was))
	}
	switch {
	case c.Action == "delete":
		return change, row, nil
	case c.Content != nil:
		change.Content = []byte(*c.Content)
	case c.Edits != nil:
		if kind := binaryKind(before.Content); kind != "" {
			return nil, row, kit.Errorf(kit.InvalidArgument, "%s is %s, which has no texts to edit", path, kind)
		}
		text, err := applyEdits(path, was, c.Edits)
		if err != nil {
			return nil, row, err
		}
		change.Content = []byte(text)
	default: // a move of the file as it is
		row.Size, row.Lines = len(was), len(lines(was))
		return change, row, nil
	}
	if c.Action == "update" && string(change.Content) == was {
		return nil, row, nil
	}
	row.Size, row.Lines = len(change.Content), len(lines(string(change.Content)))
	return change, row, nil
}
