package gitlab

import (
	"net/http"
	"regexp"
)

var firstField = regexp.MustCompile(`(?s)^\s*(query|mutation)?[^{]*\{\s*(\w+)`)

// graphql is the little of it that REST does not have: requesting changes, since
// 18.9 and for reviewers. Fields are told by name; a document is not checked.
func graphql(c *call) (any, error) {
	c.status = http.StatusOK
	variables, _ := c.params["variables"].(map[string]any)
	found := firstField.FindStringSubmatch(c.str("query"))
	if found == nil {
		return obj{"errors": []obj{{"message": `Expected one of SCHEMA, SCALAR, TYPE, ENUM, INPUT, UNION, INTERFACE, actual: the end`}}}, nil
	}
	kind, field := found[1], found[2]
	switch {
	case kind != "mutation" && field == "currentUser":
		return obj{"data": obj{"currentUser": obj{"username": c.me.username}}}, nil
	case kind == "mutation" && field == "mergeRequestRequestChanges" && c.switches.since(18, 9):
		return c.requestChanges(text(variables["path"]), text(variables["iid"])), nil
	}
	on := "Query"
	if kind == "mutation" {
		on = "Mutation"
	}
	return obj{"errors": []obj{{"message": "Field '" + field + "' doesn't exist on type '" + on + "'", "path": []string{field}}}}, nil
}

func (c *call) requestChanges(path, iid string) obj {
	answer := func(errors ...string) obj {
		return obj{"data": obj{"mergeRequestRequestChanges": obj{"errors": append([]string{}, errors...)}}}
	}
	p := c.find(path)
	if p != nil && !p.hidden[c.me.username] {
		for _, m := range p.merges {
			if text(float64(m.iid)) != iid {
				continue
			}
			if !m.reviewedBy(c.me) {
				return answer("Reviewer not found")
			}
			c.review(&m.thing, "requested_changes")
			return answer()
		}
	}
	return obj{"data": obj{"mergeRequestRequestChanges": nil}, "errors": []obj{{"message": "The resource that you are attempting to access does not exist or you don't have permission to perform this action"}}}
}
