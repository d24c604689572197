package github

import (
	"net/http"
	"slices"
	"strings"
)

func labelNames(list []any) (names []string) {
	for _, one := range list {
		switch one := one.(type) {
		case string:
			names = append(names, one)
		case obj:
			name, _ := one["name"].(string)
			names = append(names, name)
		}
	}
	return names
}

// setLabels makes those that do not exist, as GitHub does.
func (c *call) setLabels(it *item, names []string) {
	var list []string
	for _, name := range names {
		l := c.repo.label(name)
		if l == nil {
			l = &label{id: c.h.id(), name: name, color: "ededed"}
			c.repo.labels = append(c.repo.labels, l)
		}
		if !slices.Contains(list, l.name) {
			list = append(list, l.name)
		}
		if !slices.Contains(it.labels, l.name) && it.labels != nil {
			it.event(c, "labeled", obj{"label": obj{"name": l.name, "color": l.color}})
		}
	}
	for _, name := range it.labels {
		if !slices.Contains(list, name) {
			it.event(c, "unlabeled", obj{"label": obj{"name": name, "color": "ededed"}})
		}
	}
	it.labels = list
}

func (c *call) addLabels() reply {
	it := c.item()
	if it == nil {
		return notFound()
	}
	var in struct{ Labels []any }
	c.decode(&in)
	c.setLabels(it, append(slices.Clone(it.labels), labelNames(in.Labels)...))
	return ok(c.labelsOf(it))
}

func (c *call) removeLabel() reply {
	it := c.item()
	if it == nil {
		return notFound()
	}
	i := slices.IndexFunc(it.labels, func(name string) bool { return strings.EqualFold(name, c.args["name"]) })
	if i < 0 {
		return failed(http.StatusNotFound, "Label does not exist")
	}
	c.setLabels(it, slices.Delete(slices.Clone(it.labels), i, i+1))
	return ok(c.labelsOf(it))
}

func (c *call) labelsOf(it *item) []any {
	return each(it.labels, func(name string) any { return c.label(c.repo.label(name)) })
}
