package forge

import (
	"context"
	"time"
)

// Backend is one instance of a forge. Its methods may be called concurrently.
// Errors are [kit.Error]s or those of ctx. A repo is what the forge calls it:
// owner/name, or the path of a project.
type Backend interface {
	Accounts
	Repos
	Files
	Refs
	Commits
	Issues
	Pulls
	Reviews
	Runs
	Releases
}

// At is a page of a list, from 1, of Size records. No backend is asked for more
// than [Features.MaxPage] at once.
type At struct{ Page, Size int }

// List is a page of a list of the forge. More is what its links say, and not
// that the page was full.
type List[T any] struct {
	Items    []T
	More     bool
	Total    *int // nil: the forge does not say
	Estimate bool // of Total
	Hint     string
}

// Features are what an instance can do. They may be read before it was asked
// anything; those that only it knows, [Backend.Limits] asks.
type Features struct {
	RepoPath     bool // a repo may have more than two parts, or be a number
	ReviewRanges bool // a review comment may span lines
	// SuggestionLines is whether a suggestion for several lines says how many:
	// without it the forge would replace the last of them alone.
	SuggestionLines bool
	IssueFilters    []string // filters of [IssueFilter] that the forge applies itself, by their argument
	PullFilters     []string // and of [PullFilter]
	RunFilters      []string // and of [RunFilter]
	MergeMethods    []string // that exist at all: merge, squash, rebase
	Cancel          bool     // runs can be cancelled
	Notices         bool     // there is a list of notifications
	ReleaseNotes    bool     // it writes release notes itself
	Variables       bool     // the names of CI variables can be read
}

// Limits are what an instance says of itself.
type Limits struct {
	MaxPage int // most records of a page; 0: 100
}

// Accounts is who we are.
type Accounts interface {
	Limits(ctx context.Context) (Limits, error)
	Me(ctx context.Context) (Me, error)
	Notices(ctx context.Context, all bool, at At) (List[Notice], error)
}

// Repos finds and describes repositories.
type Repos interface {
	SearchRepos(ctx context.Context, q RepoQuery, at At) (List[Repo], error)
	GetRepo(ctx context.Context, repo string) (Repo, error)
	Languages(ctx context.Context, repo string) ([]string, error) // the most of it first
	Rules(ctx context.Context, repo, branch string) (Rules, error)
	Variables(ctx context.Context, repo string, at At) (List[Variable], error)
	CreateRepo(ctx context.Context, r NewRepo) (Repo, error)
	ForkRepo(ctx context.Context, repo, owner, name string) (Repo, error)
}

// Files reads a tree and writes a commit.
type Files interface {
	// GetFile reads a file; a path that is a folder is an error of code
	// failed_precondition.
	GetFile(ctx context.Context, repo, ref, path string) (File, error)
	// Tree lists what is below path, all of it if recursive.
	Tree(ctx context.Context, repo, ref, path string, recursive bool) (Tree, error)
	// SearchCode finds lines. A backend whose forge has no index reads the tree.
	SearchCode(ctx context.Context, repo string, q CodeQuery, at At) (List[CodeHit], error)
	// Commit makes one commit of all changes, or none.
	Commit(ctx context.Context, repo string, c NewCommit) (Commit, error)
}

// Refs are branches and tags.
type Refs interface {
	Branches(ctx context.Context, repo string, at At) (List[Ref], error)
	Tags(ctx context.Context, repo string, at At) (List[Ref], error)
	// Resolve is the commit of a branch, a tag or a sha.
	Resolve(ctx context.Context, repo, ref string) (sha string, err error)
	CreateBranch(ctx context.Context, repo, name, from string) (Ref, error)
	DeleteBranch(ctx context.Context, repo, name string) error
}

// Commits reads history.
type Commits interface {
	ListCommits(ctx context.Context, repo string, f CommitFilter, at At) (List[Commit], error)
	GetCommit(ctx context.Context, repo, sha string) (Commit, error)
	CommitDiff(ctx context.Context, repo, sha string) (string, error)
	// Compare is what head has that base has not, the oldest commit first; with
	// their diff if it is wanted.
	Compare(ctx context.Context, repo, base, head string, diff bool) (Comparison, error)
	// Checks are what CI says of a commit, the newest of each name.
	Checks(ctx context.Context, repo, ref string) ([]Check, error)
}

// Issues reads and writes issues. Labels, milestones and people go by name.
type Issues interface {
	ListIssues(ctx context.Context, repo string, f IssueFilter, at At) (List[Issue], error)
	// SearchIssues looks for text, in all repositories if repo is empty.
	SearchIssues(ctx context.Context, repo, text string, f IssueFilter, at At) (List[Issue], error)
	GetIssue(ctx context.Context, repo string, number int) (Issue, error)
	Comments(ctx context.Context, repo string, number int, at At) (List[Comment], error)
	Events(ctx context.Context, repo string, number int, at At) (List[Event], error)
	IssueMetadata(ctx context.Context, repo string) (Metadata, error)
	CreateIssue(ctx context.Context, repo string, c IssueChange) (Issue, error)
	UpdateIssue(ctx context.Context, repo string, number int, c IssueChange) (Issue, error)
	AddComment(ctx context.Context, repo string, number int, pull bool, body string) (Comment, error)
	GetComment(ctx context.Context, repo string, id string) (Comment, error)
	DeleteComment(ctx context.Context, repo string, id string) error
}

// Pulls reads and writes pull requests, merge requests on GitLab.
type Pulls interface {
	ListPulls(ctx context.Context, repo string, f PullFilter, at At) (List[Pull], error)
	GetPull(ctx context.Context, repo string, number int) (Pull, error)
	PullFiles(ctx context.Context, repo string, number int, at At) (List[ChangedFile], error)
	PullCommits(ctx context.Context, repo string, number int, at At) (List[Commit], error)
	PullDiff(ctx context.Context, repo string, number int) (string, error)
	CreatePull(ctx context.Context, repo string, c PullChange) (Pull, error)
	UpdatePull(ctx context.Context, repo string, number int, c PullChange) (Pull, error)
	MergePull(ctx context.Context, repo string, number int, m Merge) (sha string, err error)
}

// Reviews reads and writes what reviewers say.
type Reviews interface {
	ListReviews(ctx context.Context, repo string, number int) ([]Review, error)
	Threads(ctx context.Context, repo string, number int) ([]Thread, error)
	// CreateReview has all comments, or none. Their lines are in the diff.
	CreateReview(ctx context.Context, repo string, number int, r NewReview) (Review, error)
	GetThread(ctx context.Context, repo, id string) (Thread, error)
	ReplyThread(ctx context.Context, repo, id, body string) (url string, err error)
	ResolveThread(ctx context.Context, repo, id string, resolved bool) error
}

// Runs reads and steers CI.
type Runs interface {
	ListRuns(ctx context.Context, repo string, f RunFilter, at At) (List[Run], error)
	GetRun(ctx context.Context, repo string, id int64) (Run, error)
	Jobs(ctx context.Context, repo string, runID int64) ([]Job, error)
	GetJob(ctx context.Context, repo string, id int64) (Job, error)
	// JobLog is the end of a log as the forge has it, no more than most bytes.
	JobLog(ctx context.Context, repo string, jobID int64, most int64) (RawLog, error)
	// StartRun starts a workflow. since is when it was asked: the run that it
	// made is not older.
	StartRun(ctx context.Context, repo, workflow, ref string, inputs map[string]string) (runID int64, err error)
	Retry(ctx context.Context, repo string, runID int64, failedOnly bool) error
	RetryJob(ctx context.Context, repo string, runID, jobID int64) error
	Cancel(ctx context.Context, repo string, runID int64) error
}

// Releases reads and makes releases.
type Releases interface {
	ListReleases(ctx context.Context, repo string, at At) (List[Release], error)
	// GetRelease is that of a tag, the latest if tag is empty.
	GetRelease(ctx context.Context, repo, tag string) (Release, error)
	CreateRelease(ctx context.Context, repo string, r NewRelease) (Release, error)
}

// when is t for an answer, empty if it is not known.
func when(t time.Time) string {
	if t.Unix() <= 0 {
		return "" // null, or the zero of another language
	}
	return t.UTC().Format(time.RFC3339)
}
