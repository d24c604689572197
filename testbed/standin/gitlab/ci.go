package gitlab

import (
	"net/http"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ciConfig is what is read of a .gitlab-ci.yml.
type ciConfig struct {
	name string
	jobs []ciJob
}

type ciJob struct {
	name, stage            string
	manual, allowed, child bool
}

// reserved are the keys of a configuration that are no jobs.
var reserved = []string{"stages", "variables", "default", "include", "workflow", "image", "services", "before_script", "after_script", "cache", "spec", "pages"}

// parseConfig reads a configuration, and says what is wrong with it in words that
// are like GitLab's.
func parseConfig(content string) (c ciConfig, problems []string) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(content), &doc); err != nil {
		return c, []string{"Invalid configuration format: " + err.Error()}
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return c, []string{"Invalid configuration format"}
	}
	stages := []string{".pre", "build", "test", "deploy", ".post"}
	top := doc.Content[0].Content
	for i := 0; i+1 < len(top); i += 2 {
		switch top[i].Value {
		case "stages":
			stages = nil
			if err := top[i+1].Decode(&stages); err != nil {
				return c, []string{"stages config should be an array of strings"}
			}
		case "workflow":
			var w struct{ Name string }
			top[i+1].Decode(&w) // a name that is none is no name
			c.name = w.Name
		}
	}
	for i := 0; i+1 < len(top); i += 2 {
		name := top[i].Value
		if slices.Contains(reserved, name) || strings.HasPrefix(name, ".") {
			continue
		}
		var body struct {
			Stage, When  string
			Script       any
			Trigger      any
			AllowFailure bool `yaml:"allow_failure"`
		}
		if err := top[i+1].Decode(&body); err != nil {
			problems = append(problems, "jobs:"+name+" config should be a hash")
			continue
		}
		if body.Stage == "" {
			body.Stage = "test"
		}
		switch {
		case body.Script == nil && body.Trigger == nil:
			problems = append(problems, "jobs:"+name+" config should implement the script:, run:, or trigger: keyword")
		case !slices.Contains(stages, body.Stage):
			problems = append(problems, name+" job: chosen stage "+body.Stage+" does not exist; available stages are "+strings.Join(stages, ", "))
		default:
			c.jobs = append(c.jobs, ciJob{name: name, stage: body.Stage, manual: body.When == "manual", allowed: body.AllowFailure, child: body.Trigger != nil})
		}
	}
	if len(c.jobs) == 0 && problems == nil {
		problems = []string{"jobs config should contain at least one visible job"}
	}
	return c, problems
}

func lint(content string, there bool, with bool) obj {
	out := obj{"valid": false, "errors": []string{}, "warnings": []string{}, "merged_yaml": "", "includes": []any{}}
	if !there {
		out["errors"] = []string{"Please provide content of .gitlab-ci.yml"}
		return out
	}
	config, problems := parseConfig(content)
	if problems != nil {
		out["errors"] = problems
		return out
	}
	out["valid"], out["merged_yaml"] = true, "---\n"+content
	if with {
		jobs := []obj{}
		for _, j := range config.jobs {
			jobs = append(jobs, obj{"name": j.name, "stage": j.stage, "before_script": []any{}, "script": []any{}, "after_script": []any{}, "tag_list": []any{}, "only": nil, "except": nil, "environment": nil, "when": "on_success", "allow_failure": j.allowed, "needs": nil})
		}
		out["jobs"] = jobs
	}
	return out
}

// Variable adds a CI variable to a project.
func (g *GitLab) Variable(path, key, value string, protected, masked bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.find(path)
	p.variables = append(p.variables, obj{"variable_type": "env_var", "key": key, "value": value, "hidden": false, "protected": protected, "masked": masked, "raw": false, "environment_scope": "*", "description": nil})
}

// Report gives the first job of a pipeline the cases of its tests.
func (g *GitLab) Report(path string, pipelineID int64, cases []TestCase) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.find(path).every() {
		if int64(l.id) == pipelineID {
			l.jobs[0].cases = cases
		}
	}
}

func testReport(_ *call, _ *project, l *pipeline) (any, error) {
	suites := []obj{}
	total := map[string]int{}
	for _, j := range l.current() {
		if j.cases == nil {
			continue
		}
		count, cases := map[string]int{}, []obj{}
		for _, one := range j.cases {
			count[one.Status]++
			total[one.Status]++
			v := obj{"status": one.Status, "name": one.Name, "classname": one.Class, "file": nil, "execution_time": 0.1, "system_output": nil, "stack_trace": nil, "recent_failures": nil, "attachment_url": nil}
			if one.Output != "" {
				v["system_output"] = one.Output
			}
			cases = append(cases, v)
		}
		suites = append(suites, obj{"name": j.name, "total_time": 0.1, "total_count": len(cases), "success_count": count["success"], "failed_count": count["failed"], "skipped_count": count["skipped"], "error_count": count["error"], "suite_error": nil, "test_cases": cases})
	}
	sum := total["success"] + total["failed"] + total["skipped"] + total["error"]
	return obj{"total_time": 0.1, "total_count": sum, "success_count": total["success"], "failed_count": total["failed"], "skipped_count": total["skipped"], "error_count": total["error"], "test_suites": suites}, nil
}

func statuses(c *call, p *project, sha string) (any, error) {
	var list []obj
	for _, one := range p.statuses {
		if one["sha"] == sha {
			list = append(list, one)
		}
	}
	for _, l := range p.pipelines {
		if l.sha != sha {
			continue
		}
		for _, j := range l.current() {
			list = append(list, obj{"id": j.id, "sha": sha, "ref": l.ref, "status": j.status, "name": j.name, "target_url": c.URL + "/" + p.path + "/-/jobs/" + text(j.id), "description": nil, "created_at": stamp(j.created),
				"started_at": stamp(j.started), "finished_at": stamp(j.stopped), "allow_failure": j.allowed, "coverage": nil, "pipeline_id": l.id, "author": c.brief(l.by)})
		}
	}
	if !c.bool("all") { // the newest of each name
		seen := map[string]bool{}
		var newest []obj
		for _, one := range slices.Backward(list) {
			if !seen[one["name"].(string)] {
				newest = append([]obj{one}, newest...)
			}
			seen[one["name"].(string)] = true
		}
		list = newest
	}
	return paged(c, list, func(o obj) obj { return o })
}

func setStatus(c *call, p *project, sha string) (any, error) {
	if err := c.need("state"); err != nil {
		return nil, err
	}
	if err := c.oneOf("state", "pending", "running", "success", "failed", "canceled", "skipped"); err != nil {
		return nil, err
	}
	name := c.str("name") + c.str("context")
	if name == "" {
		name = "default"
	}
	one := obj{"id": c.id(), "sha": sha, "ref": p.head, "status": c.str("state"), "name": name, "target_url": nil, "description": c.str("description"), "created_at": stamp(c.tick()), "started_at": nil, "finished_at": stamp(c.now),
		"allow_failure": false, "coverage": nil, "pipeline_id": nil, "author": c.brief(c.me)}
	p.statuses = append(p.statuses, one)
	return one, nil
}

var ciRoutes = routes{
	"GET /projects/{id}/variables": of(func(c *call, p *project) (any, error) { return paged(c, p.variables, func(o obj) obj { return o }) }),
	"POST /projects/{id}/ci/lint": of(func(c *call, _ *project) (any, error) {
		c.status = http.StatusOK
		return lint(c.str("content"), c.has("content"), c.bool("include_jobs")), nil
	}),
	"GET /projects/{id}/ci/lint": of(func(c *call, p *project) (any, error) {
		name := "content_ref"
		if !c.has(name) {
			name = "sha"
		}
		sha, _, ok := c.commitOf(p, name)
		if !ok {
			return nil, missing("Commit")
		}
		content, _, there := c.store.blob(sha, ".gitlab-ci.yml")
		return lint(content, there, c.bool("include_jobs")), nil
	}),
}
