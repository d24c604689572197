package forge

import "time"

// Me is the account of the token.
type Me struct {
	Login, Name, URL string
	Admin            bool
	Scopes           []string // as the forge says them; nil: it does not
	Version          string   // of the server
	RateLeft         *int     // requests left; nil: there is no limit that is known
	RateReset        time.Time
}

// Notice is a notification.
type Notice struct {
	ID, Repo, Title, Kind, State string
	Number                       int
	Unread                       bool
	Updated                      time.Time
}

// Repo is a repository.
type Repo struct {
	Path, Description, DefaultBranch, Language, URL, Parent string
	Private, Archived, Fork, Empty                          bool
	Stars, OpenIssues, OpenPulls                            int
	Topics                                                  []string
	Updated                                                 time.Time
	MergeMethods                                            []string
}

// RepoQuery chooses repositories. Zero fields choose all.
type RepoQuery struct {
	Text, Owner string
	Sort        string // updated, created, name or stars; empty: the forge's own
	Archived    *bool
}

// NewRepo is a repository to be made. Owner is ours when empty.
type NewRepo struct {
	Owner, Name, Description, DefaultBranch string
	Private, Init                           bool
}

// Rules are what a branch asks of changes.
type Rules struct {
	Protected      bool
	Approvals      int
	RequiredChecks []string
	Notes          []string // other rules, in words
}

// Variable is a CI variable without its value.
type Variable struct {
	Name, Scope, Description string
	Protected, Masked        bool
}

// File is a file as it is at a ref.
type File struct {
	Path, SHA, Commit, URL string
	Size                   int64
	Content                []byte
	LFS                    bool // Content is only a pointer
}

// Tree is a part of a tree. Cut is true when the forge left some of it out.
type Tree struct {
	Entries []Entry
	Cut     bool
}

// Entry is a file, folder, link or submodule, with its path from the root.
type Entry struct {
	Path, Type, SHA string // Type: file, dir, symlink, submodule
	Size            int64
	Exec            bool
}

// CodeQuery is text to be found in files.
type CodeQuery struct {
	Text     string
	Glob     string // of paths; empty: all
	Language string // by name or ending; empty: any
	Ref      string // empty: the default branch
}

// CodeHit is a file with lines that were found.
type CodeHit struct {
	Path  string
	Lines []HitLine
	More  int // further lines in this file
}

// HitLine is a line; Match is false for one that is only near.
type HitLine struct {
	Number int
	Text   string
	Match  bool
}

// NewCommit is a commit to be made. Start is the branch that Branch is made
// from when it does not exist.
type NewCommit struct {
	Branch, Start, Message string
	Changes                []FileChange
}

// FileChange is what becomes of a file. SHA is the blob that is there now, Commit
// the one that changed it last, where the forge says it.
type FileChange struct {
	Action  string // create, update, delete or move
	Path    string
	From    string // of a move
	SHA     string
	Commit  string
	Content []byte // nil for a delete, and for a move that changes nothing
}

// Ref is a branch or a tag.
type Ref struct {
	Name, SHA, Message string
	Date               time.Time
	Protected          bool
}

// Commit is a commit. Files and the counts are there where the forge tells them.
type Commit struct {
	SHA, Message, Author, Email, URL string
	Date                             time.Time
	Parents                          []string
	Additions, Deletions             int
	Files                            []ChangedFile
}

// CommitFilter chooses commits. Zero fields choose all.
type CommitFilter struct {
	Ref, Path, Author string
	Since, Until      time.Time
}

// Comparison is the commits between two refs, the oldest first, and their diff.
type Comparison struct {
	Base, Head string // shas
	Commits    []Commit
	Total      int // commits; more than Commits when the forge left some out
	Files      []ChangedFile
	Diff       string // if it was wanted
	Note       string // what is to be known of the diff
}

// ChangedFile is a file in a diff.
type ChangedFile struct {
	Path, Old, Status    string // Status: added, changed, deleted, renamed
	Additions, Deletions int
}

// Check is what one part of CI says of a commit.
type Check struct {
	Name, State, Description, URL string // State: success, failure, pending, skipped, cancelled
	Required                      bool
}

// Issue is an issue.
type Issue struct {
	Repo, Title, State, Body, Author, Milestone, URL string
	Number, Comments                                 int
	Labels, Assignees                                []string
	Locked, Pull                                     bool
	Created, Updated, Closed                         time.Time
}

// IssueFilter chooses issues. Zero fields choose all but State, which the tools set.
type IssueFilter struct {
	State, Assignee, Author, Milestone, Sort string // State: open, closed or all
	Labels                                   []string
	Since                                    time.Time
	Pulls                                    bool // pull requests instead
}

// IssueChange is what an issue becomes. Nil fields stay.
type IssueChange struct {
	Title, Body, State, StateReason, Milestone *string // Milestone "": none
	Labels, Assignees                          *[]string
	AddLabels, RemoveLabels                    []string
}

// Comment is a comment on an issue or a pull request.
type Comment struct {
	ID, Author, Body, URL string
	Created, Updated      time.Time
}

// Event is something that happened to an issue, in words.
type Event struct {
	Type, Actor, Text string
	Date              time.Time
}

// Metadata are the names that issues can have.
type Metadata struct {
	Labels     []Label
	Milestones []Milestone
	Assignees  []string
	Types      []string
}

// Label is a label.
type Label struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// Milestone is a milestone.
type Milestone struct {
	Title, State string
	Open, Closed int
	Due          time.Time
}
