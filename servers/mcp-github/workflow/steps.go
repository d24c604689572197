package workflow

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (c *checker) steps(job string, n *yaml.Node) {
	seen := make(map[string]bool)
	for _, e := range n.Content {
		step, ok := c.mapping(e, "a step of "+job, stepKeys)
		if !ok {
			continue
		}
		uses, action := step["uses"]
		_, command := step["run"]
		switch {
		case action && command:
			c.fail(uses.key, "a step has either uses or run")
		case !action && !command:
			c.fail(whole(e), "a step has neither uses nor run")
		case action:
			c.usesAction(uses.value)
		}
		for _, name := range []string{"shell", "working-directory"} {
			if m, there := step[name]; there && !command {
				c.fail(m.key, name+" belongs to run")
			}
		}
		if with, there := step["with"]; there && !action {
			c.fail(with.key, "with belongs to uses")
		}
		id, there := step["id"]
		switch {
		case !there:
		case !idForm.MatchString(id.value.Value):
			c.fail(id.value, "the id of a step begins with a letter or _ and has letters, digits, - and _")
		case seen[strings.ToLower(id.value.Value)]:
			c.fail(id.value, "two steps of "+job+" have the id "+id.value.Value)
		default:
			seen[strings.ToLower(id.value.Value)] = true
		}
	}
}

var (
	actionForm   = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+(/[^@\s]+)?@[^@\s]+$`)
	workflowForm = regexp.MustCompile(`^([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/\.github/workflows/[^/@\s]+\.ya?ml@[^@\s]+|\./\.github/workflows/[^/@\s]+\.ya?ml)$`)
)

// used is the text of a uses, which has no expressions.
func (c *checker) used(n *yaml.Node) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode || n.Value == "":
		c.fail(n, "uses is no name")
		return "", false
	case strings.Contains(n.Value, "${{"):
		c.fail(n, "uses takes no expression")
		return "", false
	}
	return n.Value, true
}

func (c *checker) usesAction(n *yaml.Node) {
	text, ok := c.used(n)
	switch {
	case !ok, strings.HasPrefix(text, "./"), strings.HasPrefix(text, "docker://") && len(text) > len("docker://"), actionForm.MatchString(text):
	case strings.Contains(text, "/") && !strings.Contains(text, "@"):
		c.fail(n, "uses: "+text+" has no version: write owner/name@ref")
	default:
		c.fail(n, "uses: "+text+" is none of owner/name@ref, owner/name/path@ref, ./path and docker://image")
	}
}

func (c *checker) usesWorkflow(n *yaml.Node) {
	if text, ok := c.used(n); ok && !workflowForm.MatchString(text) {
		c.fail(n, "uses: "+text+" is neither owner/name/.github/workflows/file.yml@ref nor ./.github/workflows/file.yml")
	}
}
