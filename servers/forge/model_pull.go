package forge

import "time"

// Pull is a pull request. Mergeable is nil while the forge does not know.
type Pull struct {
	Title, State, Body, Author, Milestone, URL      string // State: open, closed or merged
	Number, Comments                                int
	Head, HeadSHA, HeadRepo, Base, BaseSHA, MergeID string
	Draft, Locked                                   bool
	Mergeable                                       *bool
	Blocked                                         []string // why not, in words, where the forge says it
	Labels, Assignees, Reviewers                    []string
	Additions, Deletions, Files                     *int
	Created, Updated, Closed, Merged                time.Time
	MergedBy                                        string
}

// PullFilter chooses pull requests. Zero fields choose all but State.
type PullFilter struct {
	State, Author, Reviewer, Base, Head, Sort string // State: open, closed, merged or all
	Draft                                     *bool
	Labels                                    []string
}

// PullChange is what a pull request becomes. Nil fields stay; Head, Base and
// Title are there for one that is new.
type PullChange struct {
	Title, Body, Base, State, Milestone *string
	Head                                string
	Draft                               *bool
	Labels, Assignees                   *[]string
	Reviewers, RemoveReviewers          []string
}

// Merge is how a pull request is merged.
type Merge struct {
	Method, HeadSHA, Title, Message string
	DeleteBranch                    bool
}

// Review is what a reviewer says of the whole.
type Review struct {
	ID, Author, State, Body, Commit, URL string // State: approved, changes_requested, commented, pending, dismissed, requested
	Comments                             int
	Stale                                bool
	Date                                 time.Time
}

// Thread is a conversation at a line.
type Thread struct {
	ID, Path, Side string // Side: RIGHT or LEFT
	Number         int    // of the pull request
	Line           int    // 0: of the whole file, or no longer there
	Resolved       bool
	ResolvedBy     string
	Outdated       bool
	Hunk           string // what the line stands in
	Comments       []Comment
}

// NewReview is a review to be made.
type NewReview struct {
	Event, Body, Commit string // Event: comment, approve or request_changes
	Comments            []LineComment
}

// LineComment is a comment at a line, or at lines from Start.
type LineComment struct {
	Path, Side, Body string
	Line, Start      int // Start is 0 for one line
}

// Run is a run of CI.
type Run struct {
	ID                                 int64
	Number, Attempt                    int
	Workflow, Title, Event, Actor, URL string // Workflow: file or name
	Branch, SHA                        string
	Status                             string // queued, running, success, failure, cancelled, skipped
	Created, Started, Finished         time.Time
	Children                           []int64 // of pipelines
}

// RunFilter chooses runs. Zero fields choose all.
type RunFilter struct{ Ref, SHA, Status, Event, Workflow, Actor string }

// Job is a part of a run.
type Job struct {
	ID, RunID         int64
	Name, Stage, URL  string
	Status            string // as of a run
	Attempt           int
	Started, Finished time.Time
	Runner            string
	Steps             []Step
	AllowFailure      bool
	Reason            string // why it failed, where the forge says it
}

// Step is a part of a job.
type Step struct {
	Number            int
	Name, Status      string
	Started, Finished time.Time
}

// RawLog is the log of a job, or its end.
type RawLog struct {
	Text    []byte
	Skipped int64 // bytes before Text
}

// Release is a release.
type Release struct {
	Tag, Name, Body, Author, Commit, URL string
	Draft, Prerelease                    bool
	Published                            time.Time
	Assets                               []Asset
}

// Asset is a file of a release.
type Asset struct {
	Name      string
	Size      int64
	Downloads int
}

// NewRelease is a release to be made. Target is where a tag that does not exist
// is put.
type NewRelease struct {
	Tag, Target, Name, Body  string
	Draft, Prerelease, Notes bool // Notes: written by the forge
}
