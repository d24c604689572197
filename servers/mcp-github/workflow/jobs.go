package workflow

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/loom-core/loom/servers/kit"
)

func (c *checker) workflow(n *yaml.Node) {
	top, ok := c.mapping(n, "a workflow", topKeys)
	if !ok {
		return
	}
	if on, there := top["on"]; there {
		c.on(on.value)
	} else {
		c.fail(n, "the workflow has no on: nothing starts it")
	}
	if p, there := top["permissions"]; there {
		c.permissions(p.value)
	}
	if jobs, there := top["jobs"]; there {
		c.jobs(jobs.value)
	} else {
		c.fail(n, "the workflow has no jobs")
	}
}

func (c *checker) on(n *yaml.Node) {
	names := []*yaml.Node{}
	if n.Kind == yaml.MappingNode {
		all, _ := c.mapping(n, "on", nil)
		for _, m := range all {
			names = append(names, m.key)
		}
		if s, there := all["schedule"]; there {
			c.schedule(s.value)
		}
	} else {
		names = c.list(n, "on")
	}
	if len(names) == 0 {
		c.fail(n, "on names no event")
	}
	for _, name := range names {
		if slices.Contains(events, name.Value) {
			continue
		}
		text := "there is no event " + strconv.Quote(name.Value)
		if near := kit.Nearest(name.Value, events); near != "" {
			text += ", did you mean " + near + "?"
		}
		c.fail(name, text)
	}
}

func (c *checker) schedule(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		c.fail(n, "schedule is not a list of cron lines")
		return
	}
	for _, e := range n.Content {
		one, ok := c.mapping(e, "a schedule", []string{"cron", "timezone"})
		if cron, there := one["cron"]; ok && (!there || len(strings.Fields(cron.value.Value)) != 5) {
			c.fail(e, "a schedule needs cron with five fields")
		}
	}
}

func (c *checker) permissions(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		if !slices.Contains([]string{"read-all", "write-all", ""}, n.Value) {
			c.fail(n, "permissions is read-all, write-all or a mapping")
		}
		return
	}
	all, _ := c.mapping(n, "permissions", nil)
	for name, m := range all {
		if m.value.Kind != yaml.ScalarNode || !slices.Contains([]string{"read", "write", "none"}, m.value.Value) {
			c.fail(m.value, "the permission "+name+" is read, write or none")
		}
	}
}

var idForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func (c *checker) jobs(n *yaml.Node) {
	jobs, ok := c.mapping(n, "jobs", nil)
	if !ok {
		return
	}
	if len(jobs) == 0 {
		c.fail(n, "there is no job")
	}
	needs := make(map[string][]string)
	for id, m := range jobs {
		if !idForm.MatchString(id) {
			c.fail(m.key, "the id of a job begins with a letter or _ and has letters, digits, - and _")
		}
		job, ok := c.mapping(m.value, "the job "+id, jobKeys)
		if !ok {
			continue
		}
		c.job(id, m, job)
		needed, there := job["needs"]
		if !there {
			continue
		}
		for _, name := range c.list(needed.value, "needs") {
			if _, there := jobs[name.Value]; !there {
				text := "the job " + id + " needs " + name.Value + ", which is no job"
				if near := kit.Nearest(name.Value, ids(jobs)); near != "" {
					text += ", did you mean " + near + "?"
				}
				c.fail(name, text)
				continue
			}
			needs[id] = append(needs[id], name.Value)
		}
	}
	for _, id := range ids(jobs) {
		if circle(needs, id, id, make(map[string]bool)) {
			c.fail(jobs[id].key, "the job "+id+" waits for itself by way of needs")
		}
	}
}

func ids(jobs map[string]member) (out []string) {
	for id := range jobs {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// circle reports whether target is among what id needs.
func circle(needs map[string][]string, id, target string, seen map[string]bool) bool {
	for _, next := range needs[id] {
		if next == target {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if circle(needs, next, target, seen) {
				return true
			}
		}
	}
	return false
}

func (c *checker) job(id string, at member, job map[string]member) {
	if p, there := job["permissions"]; there {
		c.permissions(p.value)
	}
	if s, there := job["strategy"]; there && s.value.Kind == yaml.MappingNode {
		c.mapping(s.value, "strategy", planKeys)
	}
	if uses, there := job["uses"]; there {
		for name, m := range job {
			if !slices.Contains(callKeys, name) {
				c.fail(m.key, "the job "+id+" uses a workflow, and so it cannot have "+name)
			}
		}
		c.usesWorkflow(uses.value)
		return
	}
	for _, name := range []string{"with", "secrets"} {
		if m, there := job[name]; there {
			c.fail(m.key, "the job "+id+" has "+name+", which belongs to uses")
		}
	}
	if _, there := job["runs-on"]; !there {
		c.fail(at.key, "the job "+id+" has no runs-on")
	}
	steps, there := job["steps"]
	switch {
	case !there:
		c.fail(at.key, "the job "+id+" has neither steps nor uses")
	case steps.value.Kind != yaml.SequenceNode || len(steps.value.Content) == 0:
		c.fail(steps.value, "steps is not a list with a step in it")
	default:
		c.steps(id, steps.value)
	}
}
