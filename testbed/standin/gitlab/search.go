package gitlab

import (
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// grep finds lines by text, with two lines around them, as GitLab's basic search
// does.
func (c *call) grep(p *project) (any, error) {
	sha, ref, ok := c.commitOf(p, "ref")
	if !ok {
		return nil, missing("Ref")
	}
	var words []string
	filters := map[string]string{}
	for word := range strings.FieldsSeq(c.str("search")) {
		name, value, _ := strings.Cut(word, ":")
		if value != "" && slices.Contains([]string{"filename", "path", "extension"}, name) {
			filters[name] = value
		} else {
			words = append(words, word)
		}
	}
	out, _ := c.store.run("", nil, "grep", "-I", "-i", "-n", "-z", "-C", "2", "-F", "-e", strings.Join(words, " "), sha) // nothing found is an error
	var list []obj
	name, start, number, lines := "", 0, 0, []string(nil)
	flush := func() {
		if lines != nil && fits(name, filters) {
			list = append(list, obj{"basename": strings.TrimSuffix(name, path.Ext(name)), "data": strings.Join(lines, "\n") + "\n", "path": name, "filename": name, "id": nil, "ref": ref, "startline": start, "project_id": p.id})
		}
		lines = nil
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(out, "\n"), "\n") {
		part := strings.SplitN(line, "\x00", 3)
		if len(part) != 3 {
			flush()
			continue
		}
		file := strings.TrimPrefix(part[0], sha+":")
		n, _ := strconv.Atoi(part[1])
		if lines == nil || file != name || n != number+1 {
			flush()
			name, start = file, n
		}
		lines, number = append(lines, part[2]), n
	}
	flush()
	return paged(c, list, func(o obj) obj { return o })
}

// fits reports whether a path is one of those that filters in the search ask for.
func fits(name string, filters map[string]string) bool {
	in := func(filter, text string) bool {
		want := strings.ToLower(filters[filter])
		text = strings.ToLower(text)
		ok, _ := path.Match(want, text)
		return want == "" || ok || strings.Contains(text, strings.Trim(want, "*"))
	}
	return in("filename", path.Base(name)) && in("path", name) && in("extension", strings.TrimPrefix(path.Ext(name), "."))
}

// search is one in projects that the caller may see.
func (c *call) search(within []*project) (any, error) {
	if err := c.need("scope", "search"); err != nil {
		return nil, err
	}
	want := strings.ToLower(c.str("search"))
	has := func(title, body string) bool { return strings.Contains(strings.ToLower(title+"\n"+body), want) }
	switch c.str("scope") {
	case "blobs":
		if len(within) == 1 && c.r.PathValue("id") != "" {
			return c.grep(within[0])
		}
		return nil, &problem{http.StatusBadRequest, obj{"message": obj{"error": "Scope not supported without Elasticsearch!"}}}
	case "projects":
		list := slices.DeleteFunc(slices.Clone(within), func(p *project) bool { return !has(p.name(), p.description) })
		return paged(c, list, c.projectView)
	case "issues":
		var list []*issue
		for _, p := range within {
			for _, i := range p.issues {
				if has(i.title, i.body) && inState(c, i.state) {
					list = append(list, i)
				}
			}
		}
		slices.SortStableFunc(list, func(a, b *issue) int { return b.created.Compare(a.created) })
		return paged(c, list, c.issueView)
	case "merge_requests":
		var list []*merge
		for _, p := range within {
			for _, m := range p.merges {
				if has(m.title, m.body) && inState(c, m.state) {
					list = append(list, m)
				}
			}
		}
		slices.SortStableFunc(list, func(a, b *merge) int { return b.created.Compare(a.created) })
		return paged(c, list, c.mergeView)
	}
	return nil, &problem{http.StatusBadRequest, obj{"error": "scope does not have a valid value"}}
}

func inState(c *call, state string) bool {
	want := c.str("state")
	return want == "" || want == "all" || want == state
}

func (c *call) visible() []*project {
	return slices.DeleteFunc(slices.Clone(c.projects), func(p *project) bool { return p.hidden[c.me.username] })
}

var (
	searchAll = func(c *call) (any, error) { return c.search(c.visible()) }
	searchOne = of(func(c *call, p *project) (any, error) { return c.search([]*project{p}) })
	searchIn  = func(c *call) (any, error) {
		path := c.ownerPath(c.str("id"))
		if path == "" {
			return nil, missing("Group")
		}
		return c.search(slices.DeleteFunc(c.visible(), func(p *project) bool { return !strings.HasPrefix(p.path, path+"/") }))
	}
	searchRoutes = routes{
		"GET /search": searchAll, "GET /projects/{id}/search": searchOne, "GET /projects/{id}/-/search": searchOne, "GET /groups/{id}/search": searchIn, "GET /groups/{id}/-/search": searchIn,
	}
)
