package forge

import (
	"context"
	"sync"
	"time"

	"github.com/loom-core/loom/core/version"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/confirm"
	"github.com/loom-core/loom/servers/kit/redact"
)

// Options make a server. Name, Title, Nouns and Backends are required.
type Options struct {
	Name, Title string // mcp-gitea, Gitea
	Nouns       Nouns
	Features    Features
	Backends    map[string]Backend // by instance; "" when there is only one
	Instances   []string           // their names, the first by default
	Allowed     []string           // globs of the repositories that may be touched; nil: all
	Secrets     func() []string    // credentials that no answer may have; nil: none
	Now         func() time.Time   // nil: the clock
}

// The toolsets besides the default one.
const (
	setCIWrite     = "ci_write"
	setReleases    = "releases"
	setExtras      = "extras"
	setAdmin       = "admin"
	setDestructive = "destructive"
)

// New is the server with the tools of all toolsets.
func New(o Options) (*kit.Server, error) {
	allowed, err := newAllowed(o.Allowed)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	f := &forge{Options: o, allowed: allowed, confirm: confirm.New(o.Now)}
	return &kit.Server{
		Name: o.Name, Title: o.Title, Version: version.String(),
		Instructions: o.Nouns.say(instructions),
		Instances:    o.Instances,
		Redact:       redact.Redactor{Secrets: o.Secrets},
		Tools:        f.tools(),
		Prompts:      f.prompts(),
	}, nil
}

const instructions = "repo is {repo}; number is that of an issue or {pull request}. " +
	"CI is red: diagnose_{short run} says why in one call. " +
	"Review: get_{pull}_diff, then create_review with all comments; look at rejected. " +
	"Change files with commit_files and edits, not whole files. " +
	"Tools that destroy give a plan and a token first; call again with confirm. " +
	"An answer with next_args goes on when you repeat the call with them. Times: RFC3339, 2d, now-1h."

// forge makes the tools.
type forge struct {
	Options
	allowed *allowed
	confirm *confirm.Tokens

	mu     sync.Mutex
	limits map[string]Limits // by instance, once it was asked; guarded by mu
}

// tools in the order in which they are listed: what is used first comes first.
func (f *forge) tools() []kit.Tool {
	list := []kit.Tool{
		f.getMe(), f.searchRepos(), f.getRepo(), f.getFile(), f.listFiles(), f.searchCode(), f.listRefs(),
		f.listCommits(), f.getCommit(), f.compareRefs(),
		f.listIssues(), f.searchIssues(), f.getIssue(), f.listIssueMetadata(),
		f.listPulls(), f.getPull(), f.getPullDiff(), f.listThreads(),
		f.listRuns(), f.getRun(), f.getJobLogs(), f.diagnoseRun(),
		f.listReleases(), f.getRelease(),

		f.createIssue(), f.updateIssue(), f.addComment(),
		f.createBranch(), f.commitFiles(),
		f.createPull(), f.updatePull(), f.createReview(), f.updateThread(), f.mergePull(),
		f.startRun(), f.controlRun(), f.createRelease(),
		f.createRepo(), f.forkRepo(), f.deleteBranch(), f.deleteComment(),
	}
	if f.Features.Notices {
		list = append(list, f.listNotices())
	}
	if f.Features.Variables {
		list = append(list, f.listVariables())
	}
	if have[Blamer](f) {
		list = append(list, f.getBlame())
	}
	if have[ConfigChecker](f) {
		list = append(list, f.checkConfig())
	}
	if have[TestReporter](f) {
		list = append(list, f.getTestReport())
	}
	if have[Querier](f) && f.allowed == nil {
		list = append(list, f.queryGraphQL())
	}
	return list
}

// backend is the instance that a call is for.
func (f *forge) backend(ctx context.Context) Backend { return f.Backends[kit.Instance(ctx)] }

// def gives a definition the nouns of the forge.
func (f *forge) def(d kit.Def) kit.Def {
	d.Name, d.Title, d.Description = f.Nouns.say(d.Name), f.Nouns.say(d.Title), f.Nouns.say(d.Description)
	d.Example, d.Say = f.Nouns.say(d.Example), f.Nouns.say
	return d
}

// Hints of tools that write to a forge.
var (
	creates = kit.Hints{ReadOnly: kit.No, Destructive: kit.No, Idempotent: kit.No, OpenWorld: kit.Yes}
	updates = kit.Hints{ReadOnly: kit.No, Destructive: kit.No, Idempotent: kit.Yes, OpenWorld: kit.Yes}
	destroy = kit.Hints{ReadOnly: kit.No, Destructive: kit.Yes, Idempotent: kit.No, OpenWorld: kit.Yes}
)
