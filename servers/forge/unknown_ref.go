package forge

import (
	"context"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// branchesAsked is how many branches an error looks at.
const branchesAsked = 50

// unknownRef gives an error of one of refs that is not there the branches that are,
// before them what can be done. list_refs, which has all, is not always offered.
func (f *forge) unknownRef(ctx context.Context, b Backend, repo string, err error, first string, refs ...string) error {
	if !IsCode(err, kit.NotFound) {
		return err
	}
	list, failed := b.Branches(ctx, repo, At{Page: 1, Size: branchesAsked})
	if failed != nil {
		return hinted(err, kit.NotFound, "%sis %s right? search_repos shows those that can be seen", first, repo)
	}
	names := make([]string, len(list.Items))
	for i, one := range list.Items {
		names[i] = one.Name
	}
	for _, ref := range refs {
		if near := kit.Nearest(ref, names); near != "" && near != ref {
			return hinted(err, kit.NotFound, "%sdid you mean %s?", first, near)
		}
	}
	if len(names) == 0 {
		return hinted(err, kit.NotFound, "%s%s has no branches", first, repo)
	}
	text := strings.Join(names[:min(len(names), namesShown)], ", ")
	if list.More || len(names) > namesShown {
		text += " and more"
	}
	return hinted(err, kit.NotFound, "%sthere are the branches %s", first, text)
}
