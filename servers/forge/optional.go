package forge

import (
	"context"
	"encoding/json"
	"time"
)

// These are what some forges have. A backend that can do it implements the
// interface, and only then the tool for it is declared.

// Blamer knows which commit each line of a file is of.
type Blamer interface {
	// Blame is in the order of the lines, without gaps.
	Blame(ctx context.Context, repo, ref, path string) ([]Blame, error)
}

// Blame are lines that one commit wrote.
type Blame struct {
	Start, End int
	Commit     Commit
}

// ConfigChecker checks the configuration of CI without running it.
type ConfigChecker interface {
	CheckConfig(ctx context.Context, repo string, q ConfigQuery) (ConfigCheck, error)
}

// ConfigQuery is what is checked: Content if it is not empty, else what is at Ref.
type ConfigQuery struct {
	Ref     string // empty: the default branch
	Path    string // of a file; empty: all that the forge would read
	Content string
}

// ConfigCheck is what was found. Without a problem of level error it is valid.
type ConfigCheck struct {
	Files    []string // that were checked
	Problems []ConfigProblem
	Merged   string // with all that it includes, where the forge says it
}

// ConfigProblem is at a place, as far as that is known.
type ConfigProblem struct {
	Level        string // error or warning
	File         string
	Line, Column int
	Text         string
}

// Querier answers GraphQL. Documents that it is given only read.
type Querier interface {
	// Query is the data of the answer, and what the forge says went wrong with
	// parts of it. An answer without data is an error.
	Query(ctx context.Context, document string, variables json.RawMessage) (data json.RawMessage, problems []string, err error)
}

// TestReporter has the results of tests of a run.
type TestReporter interface {
	TestReport(ctx context.Context, repo string, runID int64) (TestReport, error)
}

// TestReport is all tests of a run.
type TestReport struct {
	Took  time.Duration
	Tests []TestResult
}

// TestResult is a test. Status: success, failure, error or skipped.
type TestResult struct {
	Job, Name, Class, File, Status string
	Took                           time.Duration
	Output                         string // of one that failed
	RecentFailures                 int    // on the default branch, where the forge counts them
}

// PullTalker has the comments of pull requests apart from those of issues: the
// two have numbers of their own.
type PullTalker interface {
	PullComments(ctx context.Context, repo string, number int, at At) (List[Comment], error)
}

// PullRunner knows the runs of a pull request, which may be of a commit that is
// on no branch.
type PullRunner interface {
	PullRuns(ctx context.Context, repo string, number int) ([]Run, error) // the newest first
}

// Player starts jobs that wait for somebody to do so.
type Player interface {
	PlayJob(ctx context.Context, repo string, jobID int64) error
}

// have reports whether all backends of a server can do what T is.
func have[T any](f *forge) bool {
	for _, b := range f.Backends {
		if _, ok := b.(T); !ok {
			return false
		}
	}
	return len(f.Backends) > 0
}
