package forge

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

type runRow struct {
	ID       int64  `json:"run_id"`
	Workflow string `json:"workflow,omitempty"`
	Status   string `json:"status"`
	Ref      string `json:"ref,omitempty"`
	SHA      string `json:"sha"`
	Event    string `json:"event,omitempty"`
	Actor    string `json:"actor,omitempty"`
	Title    string `json:"title,omitempty"`
	Started  string `json:"started,omitempty"`
	Took     string `json:"took,omitempty"`
}

func newRunRow(r Run) runRow {
	return runRow{
		ID: r.ID, Workflow: r.Workflow, Status: r.Status, Ref: r.Branch, SHA: sha12(r.SHA), Event: r.Event, Actor: r.Actor,
		Title: firstLine(r.Title), Started: when(first(r.Started, r.Created)), Took: took(r.Started, r.Finished),
	}
}

func first(times ...time.Time) time.Time {
	for _, t := range times {
		if t.Unix() > 0 {
			return t
		}
	}
	return time.Time{}
}

// took is how long something was, empty if it is not known.
func took(from, to time.Time) string {
	if from.Unix() <= 0 || to.Unix() <= 0 || to.Before(from) {
		return ""
	}
	return to.Sub(from).Round(time.Second).String()
}

type listRunsArgs struct {
	Repo     string `arg:"repo,required" doc:"{repo}"`
	Ref      string `arg:"ref" doc:"branch"`
	Status   string `arg:"status" enum:"queued,running,success,failure,cancelled,skipped"`
	Event    string `arg:"event"`
	Workflow string `arg:"workflow" doc:"file or name"`
	Actor    string `arg:"actor"`
	kit.Fields
	kit.Paging
}

func (f *forge) listRuns() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "list_{run}s", Title: "List {a run}s", Description: "Runs of CI, the newest first.",
		Hints: kit.ReadWorld, ListName: "runs", Example: `{"repo":"acme/web","ref":"main","status":"failure"}`,
	}), func(ctx context.Context, a listRunsArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		filter := RunFilter{Ref: a.Ref, Status: a.Status, Event: a.Event, Workflow: a.Workflow, Actor: a.Actor}
		page, err := f.runPage(ctx, b, repo, filter, a.Paging)
		if err != nil {
			return nil, err
		}
		return kit.Records(nil, convert(page, newRunRow)).Untrusted().Narrow("narrow with ref, workflow or status"), nil
	})
}

func (f *forge) runPage(ctx context.Context, b Backend, repo string, filter RunFilter, p kit.Paging) (kit.Page[Run], error) {
	get := func(at At) (List[Run], error) { return b.ListRuns(ctx, repo, filter, at) }
	trusted := applied(f.Features.RunFilters, map[string]bool{
		"ref": filter.Ref != "", "sha": filter.SHA != "", "status": filter.Status != "", "event": filter.Event != "",
		"workflow": filter.Workflow != "", "actor": filter.Actor != "",
	})
	return filtered(ctx, f, p, trusted, get, filter.match)
}

// match applies what the forge may not have.
func (r RunFilter) match(one Run) bool {
	return (r.Ref == "" || one.Branch == r.Ref) && (r.SHA == "" || strings.HasPrefix(one.SHA, r.SHA)) &&
		(r.Status == "" || one.Status == r.Status) && (r.Event == "" || one.Event == r.Event) &&
		(r.Workflow == "" || sameWorkflow(one.Workflow, r.Workflow)) && (r.Actor == "" || strings.EqualFold(one.Actor, r.Actor))
}

// sameWorkflow compares ci.yml, ci and .github/workflows/ci.yml.
func sameWorkflow(a, b string) bool {
	base := func(s string) string {
		s = s[strings.LastIndexByte(s, '/')+1:]
		return strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(s), ".yml"), ".yaml")
	}
	return base(a) == base(b)
}

type getRunArgs struct {
	Repo   string `arg:"repo,required" doc:"{repo}"`
	RunID  int    `arg:"run_id" min:"1" alias:"pipeline_id"`
	Number int    `arg:"number" min:"1" doc:"newest run for that change"`
	Ref    string `arg:"ref" doc:"newest run on that branch"`
}

type runScreen struct {
	runRow
	Number   int      `json:"number,omitempty"`
	Attempt  int      `json:"attempt,omitempty"`
	Finished string   `json:"finished,omitempty"`
	URL      string   `json:"url,omitempty"`
	Children []int64  `json:"children,omitempty"`
	Jobs     []jobRow `json:"jobs"`
}

type jobRow struct {
	ID      int64  `json:"job_id"`
	Name    string `json:"name"`
	Stage   string `json:"stage,omitempty"`
	Status  string `json:"status"`
	Failed  string `json:"failed_step,omitempty"`
	Took    string `json:"took,omitempty"`
	Attempt int    `json:"attempt,omitempty"`
	Runner  string `json:"runner,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

func newJobRow(j Job) jobRow {
	row := jobRow{ID: j.ID, Name: j.Name, Stage: j.Stage, Status: j.Status, Took: took(j.Started, j.Finished), Runner: j.Runner, Reason: j.Reason}
	if j.Attempt > 1 {
		row.Attempt = j.Attempt
	}
	if step := failedStep(j); step != nil {
		row.Failed = step.Name
	}
	return row
}

func failedStep(j Job) *Step {
	i := slices.IndexFunc(j.Steps, func(s Step) bool { return s.Status == "failure" })
	if i < 0 {
		return nil
	}
	return &j.Steps[i]
}

func (f *forge) getRun() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "get_{run}", Title: "Get {a run}", Description: "A run of CI and its jobs, each with the step that failed.",
		Hints: kit.ReadWorld, Output: runShape{}, Example: `{"repo":"acme/web","ref":"main"}`,
	}), func(ctx context.Context, a getRunArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		run, err := f.findRun(ctx, b, repo, a, "")
		if err != nil {
			return nil, err
		}
		jobs, err := b.Jobs(ctx, repo, run.ID)
		if err != nil {
			return nil, err
		}
		s := runScreen{runRow: newRunRow(run), Number: run.Number, Attempt: run.Attempt, Finished: when(run.Finished), URL: run.URL, Children: run.Children, Jobs: []jobRow{}}
		for _, j := range jobs {
			s.Jobs = append(s.Jobs, newJobRow(j))
		}
		return kit.Record(s).Untrusted(), nil
	})
}

// findRun is the run that is meant: of that id, or the newest of a pull request
// or a branch, of those with that status if one is wanted and there are any.
func (f *forge) findRun(ctx context.Context, b Backend, repo string, a getRunArgs, wanted string) (Run, error) {
	var filter RunFilter
	switch {
	case a.RunID > 0:
		run, err := b.GetRun(ctx, repo, int64(a.RunID))
		return run, hinted(err, kit.NotFound, "%s", f.Nouns.say("list_{run}s repo="+repo+" has the runs and their ids"))
	case a.Number > 0:
		p, err := f.pull(ctx, b, repo, a.Number)
		if err != nil {
			return Run{}, err
		}
		if runner, ok := b.(PullRunner); ok {
			runs, err := runner.PullRuns(ctx, repo, a.Number)
			return f.newestOf(runs, repo, wanted, err)
		}
		filter.SHA = p.HeadSHA
	case a.Ref != "":
		if err := refName("ref", a.Ref); err != nil {
			return Run{}, err
		}
		filter.Ref = a.Ref
	default:
		return Run{}, kit.Errorf(kit.InvalidArgument, "which run: run_id, number or ref is required").
			WithHint("%s", f.Nouns.say("list_{run}s repo="+repo+" has the runs; ref=main is the newest on main"))
	}
	list, err := f.newestRuns(ctx, b, repo, filter)
	return f.newestOf(list, repo, wanted, err)
}

// newestOf is the first of runs with that status, else the first.
func (f *forge) newestOf(list []Run, repo, wanted string, err error) (Run, error) {
	if err != nil {
		return Run{}, err
	}
	if len(list) == 0 {
		return Run{}, kit.Errorf(kit.NotFound, "there is no run for that in %s", repo).
			WithHint("%s", f.Nouns.say("list_{run}s repo="+repo+" shows all; is CI set up, and has it begun?"))
	}
	i := slices.IndexFunc(list, func(r Run) bool { return r.Status == wanted })
	return list[max(i, 0)], nil
}

// newestRuns is the first page that has runs that fit, the newest first.
func (f *forge) newestRuns(ctx context.Context, b Backend, repo string, filter RunFilter) ([]Run, error) {
	most, err := f.maxPage(ctx)
	if err != nil {
		return nil, err
	}
	var runs []Run
	for n := 1; n <= 3 && len(runs) == 0; n++ {
		list, err := b.ListRuns(ctx, repo, filter, At{n, most})
		if err != nil {
			return nil, err
		}
		for _, r := range list.Items {
			if filter.match(r) {
				runs = append(runs, r)
			}
		}
		if !list.More {
			break
		}
	}
	newestFirst(runs)
	return runs, nil
}

func newestFirst(runs []Run) {
	slices.SortStableFunc(runs, func(a, b Run) int {
		if a.ID != b.ID {
			return int(b.ID - a.ID)
		}
		return b.Attempt - a.Attempt
	})
}
