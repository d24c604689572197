package forge

import (
	"context"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

type runMade struct {
	Changed bool     `json:"changed"`
	RunID   int64    `json:"run_id,omitempty"`
	Status  string   `json:"status,omitempty"`
	URL     string   `json:"url,omitempty"`
	Hints   []string `json:"hints,omitempty"`
}

type startRunArgs struct {
	Repo     string            `arg:"repo,required" doc:"{repo}"`
	Workflow string            `arg:"workflow" doc:"file: ci.yml"`
	Ref      string            `arg:"ref" alias:"branch" doc:"default branch if none"`
	Inputs   map[string]string `arg:"inputs" alias:"variables"`
}

const (
	startTries = 10
	startPause = time.Second
)

func (f *forge) startRun() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "run_{workflow}", Title: "Run {workflow}", Description: "Starts CI by hand and says which run that is.",
		Hints: creates, Output: runMade{}, Toolset: setCIWrite, Example: `{"repo":"acme/web","workflow":"release.yml","ref":"main"}`,
	}), func(ctx context.Context, a startRunArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		if a.Workflow == "" && f.Nouns.Workflow == GitHub.Workflow {
			return nil, kit.Errorf(kit.InvalidArgument, "argument \"workflow\" is required").WithHint("list_files repo=%s glob=*.yml shows the workflows", repo)
		}
		if err := refName("workflow", a.Workflow); err != nil {
			return nil, err
		}
		if err := refName("ref", a.Ref); err != nil {
			return nil, err
		}
		if a.Ref == "" {
			r, err := b.GetRepo(ctx, repo)
			if err != nil {
				return nil, err
			}
			a.Ref = r.DefaultBranch
		}
		asked := f.Now().Add(-5 * time.Second) // clocks differ
		id, err := b.StartRun(ctx, repo, a.Workflow, a.Ref, a.Inputs)
		if err != nil {
			return nil, hinted(err, kit.NotFound, "is %s on the default branch, with on: workflow_dispatch?", a.Workflow)
		}
		made := runMade{Changed: true, RunID: id}
		run, err := f.started(ctx, b, repo, a, id, asked)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, err
		case run == nil:
			made.Hints = append(made.Hints, f.Nouns.say("it was asked for, and is not listed yet: list_{run}s repo="+repo+" ref="+a.Ref))
		default:
			made.RunID, made.Status, made.URL = run.ID, run.Status, run.URL
		}
		return kit.Record(made), nil
	})
}

// started waits until the run is there. Some forges do not say which it is.
func (f *forge) started(ctx context.Context, b Backend, repo string, a startRunArgs, id int64, asked time.Time) (*Run, error) {
	for try := 1; ; try++ {
		if id > 0 {
			if run, err := b.GetRun(ctx, repo, id); err == nil {
				return &run, nil
			}
		} else if runs, err := f.newestRuns(ctx, b, repo, RunFilter{Ref: a.Ref, Workflow: a.Workflow}); err == nil {
			for _, run := range runs {
				if !first(run.Created, run.Started).Before(asked) {
					return &run, nil
				}
			}
		}
		if try == startTries {
			return nil, nil
		}
		timer := time.NewTimer(startPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, context.Cause(ctx)
		}
	}
}

// playRunArgs are for a forge that is a [Player].
type playRunArgs struct {
	Repo   string `arg:"repo,required" doc:"{repo}"`
	RunID  int    `arg:"run_id,required" min:"1"`
	JobID  int    `arg:"job_id" min:"1" doc:"of retry or play"`
	Action string `arg:"action,required" enum:"retry,retry_failed,cancel,play"`
}

type controlRunArgs struct {
	Repo   string `arg:"repo,required" doc:"{repo}"`
	RunID  int    `arg:"run_id,required" min:"1"`
	JobID  int    `arg:"job_id" min:"1" doc:"retry only this job"`
	Action string `arg:"action,required" enum:"retry,retry_failed,cancel"`
}

func (f *forge) controlRun() kit.Tool {
	def := f.def(kit.Def{
		Name: "control_{short run}", Title: "Control {a run}", Description: "Retries a run, its failed jobs or one job, or cancels it.",
		Hints: destroy, Output: runMade{}, Toolset: setCIWrite, Example: `{"repo":"acme/web","run_id":12,"action":"retry_failed"}`,
	})
	if !have[Player](f) {
		return kit.NewTool(def, f.control)
	}
	def.Description = f.Nouns.say("Retries a {a run}, its failed jobs or one job, cancels it, or plays a manual job.")
	return kit.NewTool(def, func(ctx context.Context, a playRunArgs) (*kit.Result, error) {
		return f.control(ctx, controlRunArgs(a))
	})
}

func (f *forge) control(ctx context.Context, a controlRunArgs) (*kit.Result, error) {
	b, repo, err := f.at(ctx, a.Repo)
	if err != nil {
		return nil, err
	}
	run, err := b.GetRun(ctx, repo, int64(a.RunID))
	if err != nil {
		return nil, hinted(err, kit.NotFound, "%s", f.Nouns.say("list_{run}s repo="+repo+" has the runs"))
	}
	done := run.Status != "running" && run.Status != "queued"
	switch {
	case a.Action == "play" && a.JobID == 0:
		return nil, kit.Errorf(kit.InvalidArgument, "which job: job_id is required with action=play").
			WithHint("%s", f.Nouns.say("get_{run} repo="+repo+" run_id="+itoa(a.RunID)+" has the jobs"))
	case a.Action == "play":
		err = b.(Player).PlayJob(ctx, repo, int64(a.JobID))
	case a.Action == "cancel" && !f.Features.Cancel:
		return nil, kit.Errorf(kit.Unsupported, "%s has no API to cancel a run", f.Title).WithHint("cancel it on its page, %s", run.URL)
	case a.Action == "cancel" && done:
		return kit.Record(runMade{RunID: run.ID, Status: run.Status, URL: run.URL, Hints: []string{"it has ended already"}}), nil
	case a.Action != "cancel" && !done:
		return nil, kit.Errorf(kit.FailedPrecondition, "the run is %s; what still runs is not retried", run.Status)
	case a.Action == "cancel":
		err = b.Cancel(ctx, repo, run.ID)
	case a.JobID > 0:
		err = b.RetryJob(ctx, repo, run.ID, int64(a.JobID))
	default:
		err = b.Retry(ctx, repo, run.ID, a.Action == "retry_failed")
	}
	if err != nil {
		return nil, err
	}
	made := runMade{Changed: true, RunID: run.ID, URL: run.URL}
	if run, err := b.GetRun(ctx, repo, run.ID); err == nil {
		made.Status = run.Status
	}
	return kit.Record(made), nil
}
