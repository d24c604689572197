package github

import (
	"slices"
	"strconv"
	"strings"
)

// terms are a query: words, and qualifiers such as is:open.
type terms struct {
	words []string
	marks map[string][]string
}

func parse(q string) terms {
	t := terms{marks: map[string][]string{}}
	for _, part := range fields(q) {
		name, value, ok := strings.Cut(part, ":")
		if ok && !strings.HasPrefix(part, `"`) && name != "" && value != "" {
			t.marks[name] = append(t.marks[name], strings.Trim(value, `"`))
		} else {
			t.words = append(t.words, strings.ToLower(strings.Trim(part, `"`)))
		}
	}
	return t
}

// fields splits at spaces that are not quoted.
func fields(q string) (list []string) {
	var b strings.Builder
	quoted := false
	for _, c := range q + " " {
		switch {
		case c == ' ' && !quoted:
			if b.Len() > 0 {
				list = append(list, b.String())
			}
			b.Reset()
			continue
		case c == '"':
			quoted = !quoted
		}
		b.WriteRune(c)
	}
	return list
}

// in reports whether all words are in a text.
func (t terms) in(text string) bool {
	text = strings.ToLower(text)
	return !slices.ContainsFunc(t.words, func(w string) bool { return !strings.Contains(text, w) })
}

// has reports whether a mark, if it is there, is one of values.
func (t terms) has(mark string, values ...string) bool {
	for _, want := range t.marks[mark] {
		if !slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, want) }) {
			return false
		}
	}
	return true
}

// searchable are the repositories that a query is about.
func (c *call) searchable(t terms) (list []*repo) {
	for _, r := range c.h.repos {
		owner := append(slices.Clone(t.marks["user"]), t.marks["org"]...)
		if c.sees(r) && t.has("repo", r.full()) && (len(owner) == 0 || slices.Contains(owner, r.owner)) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *repo) int { return int(b.id - a.id) })
	return list
}

// found is a page of hits. More than 1000 are counted and not shown.
func found[T any](c *call, all []T, as func(T) any) reply {
	total, incomplete := len(all), false
	if lie := c.h.lies.SearchTotal; lie > 0 {
		total = lie
	}
	if c.h.lies.SearchIncomplete {
		incomplete = true
	}
	n, _ := strconv.Atoi(c.query.Get("page"))
	size, _ := strconv.Atoi(c.query.Get("per_page"))
	if n > 1 && (n-1)*max(size, 1) >= 1000 {
		return unprocessable("Only the first 1000 search results are available")
	}
	return page(c, all[:min(len(all), 1000)], func(part []T) any {
		out := obj{"total_count": total, "incomplete_results": incomplete, "items": each(part, as)}
		if c.op == "GET /search/issues" {
			out["search_type"] = "lexical"
		}
		return out
	})
}

func (c *call) searchRepos() reply {
	t := parse(c.query.Get("q"))
	if c.query.Get("q") == "" {
		return invalid("Search", "q", "missing", "")
	}
	var all []*repo
	for _, r := range c.searchable(t) {
		if t.in(r.full()+" "+r.description) && t.has("archived", "false") && t.has("in", "name", "description", "readme") && t.has("fork", strconv.FormatBool(r.parent != nil), "true") {
			all = append(all, r)
		}
	}
	return found(c, all, func(r *repo) any {
		out := r.json(c)
		delete(out, "has_issues")
		out["score"], out["has_issues"] = 1.0, true
		return out
	})
}

func (c *call) searchIssues() reply {
	t := parse(c.query.Get("q"))
	if c.query.Get("q") == "" {
		return invalid("Search", "q", "missing", "")
	}
	if len(t.marks["repo"]) > 0 && len(c.searchable(t)) == 0 {
		r := invalid("Search", "q", "invalid", "The listed users and repositories cannot be searched either because the resources do not exist or you do not have permission to view them.")
		return r
	}
	type hit struct {
		r  *repo
		it *item
	}
	var all []hit
	for _, r := range c.searchable(t) {
		for _, it := range slices.Backward(r.items) {
			kind, mile := "issue", ""
			if it.pull != nil {
				kind = "pr"
			}
			if it.milestone > 0 {
				mile = r.milestones[it.milestone-1].title
			}
			is := []string{kind, it.state, map[string]string{"issue": "issue", "pr": "pull-request"}[kind]}
			if it.pull != nil && !it.pull.merged.IsZero() {
				is = append(is, "merged")
			}
			if t.in(it.title+"\n"+it.body) && t.has("is", is...) && t.has("type", is...) && t.has("state", it.state) && t.has("author", it.user) &&
				t.has("assignee", it.assignees...) && t.has("label", it.labels...) && t.has("milestone", mile) {
				all = append(all, hit{r, it})
			}
		}
	}
	return found(c, all, func(h hit) any {
		of := *c
		of.repo = h.r
		out := of.issue(h.it)
		out["score"] = 1.0
		return out
	})
}

// searchCode looks at the default branch alone, as GitHub does.
func (c *call) searchCode() reply {
	t := parse(c.query.Get("q"))
	if len(t.words) == 0 {
		return invalid("Search", "q", "missing", "")
	}
	type hit struct {
		r                *repo
		path, sha, match string
	}
	var all []hit
	for _, r := range c.searchable(t) {
		sha := r.git.resolve(r.branch)
		for _, line := range r.git.list("ls-tree", "-r", sha) {
			meta, path, _ := strings.Cut(line, "\t")
			f := strings.Fields(meta)
			if f[1] != "blob" || slices.ContainsFunc(t.marks["path"], func(p string) bool { return !strings.HasPrefix(path, strings.Trim(p, "/")) }) {
				continue
			}
			if text, err := r.git.run("cat-file", "blob", f[2]); err == nil && t.in(text) {
				all = append(all, hit{r, path, f[2], text})
			}
		}
	}
	return found(c, all, func(h hit) any {
		of := *c
		of.repo = h.r
		out := obj{
			"name": h.path[strings.LastIndexByte(h.path, '/')+1:], "path": h.path, "sha": h.sha, "score": 1.0, "url": of.at("/contents/" + h.path), "git_url": of.at("/git/blobs/" + h.sha),
			"html_url": c.html + "/" + h.r.full() + "/blob/" + h.r.branch + "/" + h.path, "repository": h.r.json(c),
		}
		delete(out["repository"].(obj), "has_issues")
		if strings.Contains(c.req.Header.Get("Accept"), "text-match") {
			i := max(0, strings.Index(strings.ToLower(h.match), t.words[0]))
			part := h.match[max(0, i-80):min(len(h.match), i+120)]
			out["text_matches"] = []any{obj{"object_url": out["url"], "object_type": "FileContent", "property": "content", "fragment": strings.ToValidUTF8(part, ""), "matches": []any{}}}
		}
		return out
	})
}
