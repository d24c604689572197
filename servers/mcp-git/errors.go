package main

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

// toolError words an error of package repo for a model.
func toolError(err error) error {
	var e *repo.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	out := kit.Errorf(kit.Code(e.Kind), "%s", e.Message)
	out.Hint = e.Hint
	if out.Hint == "" {
		out.Hint = didYouMean(e.Name, e.Known)
	}
	return out
}

// hintNames is how many names a hint lists.
const hintNames = 8

// didYouMean lists the names nearest to name: the same file in another folder
// first, then those that contain it, then one with a slip.
func didYouMean(name string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	base := strings.ToLower(path.Base(name))
	var near []string
	add := func(candidate string) {
		if len(near) < hintNames && !slices.Contains(near, candidate) {
			near = append(near, candidate)
		}
	}
	for _, k := range known {
		if name != "" && strings.ToLower(path.Base(k)) == base {
			add(k)
		}
	}
	if nearest := kit.Nearest(name, known); nearest != "" {
		add(nearest)
	}
	for _, k := range known {
		if name != "" && strings.Contains(strings.ToLower(k), base) {
			add(k)
		}
	}
	if len(near) > 0 {
		return "did you mean " + strings.Join(near, ", ") + "?"
	}
	hint := "there are: " + strings.Join(known[:min(len(known), hintNames)], ", ")
	if len(known) > hintNames {
		hint += ", …"
	}
	return hint
}
