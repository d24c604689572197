package registry

import (
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (r *reader) env(n *yaml.Node) map[string]string {
	env := map[string]string{}
	r.entries(n, "env", func(key, v *yaml.Node) {
		if !variable.MatchString(key.Value) {
			r.problem(key, "", "invalid name of a variable %q", key.Value)
		}
		if text, ok := r.scalar(v, key.Value); ok {
			r.references(v, text, key.Value, true)
			env[key.Value] = text
		}
	})
	return env
}

func (r *reader) categories(n *yaml.Node) []string {
	categories := []string{}
	r.list(n, "categories", func(n *yaml.Node, text string) {
		switch {
		case !r.label(n, text, "category"):
		case slices.Contains(categories, text):
			r.problem(n, "", "category %q is given twice", text)
		default:
			categories = append(categories, text)
		}
	})
	return categories
}

func (r *reader) share(n *yaml.Node) *Share {
	text, ok := r.scalar(n, "share")
	if !ok {
		return nil
	}
	share := Share(text)
	switch share {
	case ShareGlobal, ShareWorkspace, ShareSession:
		return &share
	}
	known := []string{string(ShareGlobal), string(ShareWorkspace), string(ShareSession)}
	r.problem(n, didYouMean(text, known), "share must be global, workspace or session, this is %q", text)
	return nil
}

func (r *reader) tools(n *yaml.Node) []ToolRule {
	var rules []ToolRule
	r.entries(n, "tools", func(key, v *yaml.Node) {
		if err := checkGlob(key.Value); err != nil {
			r.problem(key, "", "%v", err)
		}
		rule, before := ToolRule{Pattern: key.Value, Pos: r.pos(key)}, len(r.problems)
		r.fields(v, "a tool rule", toolKeys, func(key string, v *yaml.Node) {
			if on, ok := r.boolean(v, key); ok {
				rule.Enabled = &on
			}
		})
		if rule.Enabled == nil && len(r.problems) == before && v.Kind != yaml.AliasNode {
			r.problem(key, "write {enabled: false}", "the rule for %q says nothing", key.Value)
		}
		rules = append(rules, rule)
	})
	return rules
}
