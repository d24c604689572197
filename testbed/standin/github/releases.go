package github

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

type release struct {
	id                              int64
	tag, target, name, body, author string
	draft, pre                      bool
	created, published              time.Time
}

func (c *call) release(one *release) any {
	id := strconv.FormatInt(one.id, 10)
	url := c.at("/releases/" + id)
	return obj{
		"id": one.id, "node_id": "RE_" + id, "tag_name": one.tag, "target_commitish": one.target, "name": text(one.name), "body": one.body, "draft": one.draft, "prerelease": one.pre, "author": c.h.user(one.author),
		"created_at": stamp(one.created), "published_at": stamp(one.published), "assets": []any{}, "url": url, "assets_url": url + "/assets", "upload_url": url + "/assets{?name,label}",
		"html_url": c.html + "/" + c.repo.full() + "/releases/tag/" + one.tag, "tarball_url": c.at("/tarball/" + one.tag), "zipball_url": c.at("/zipball/" + one.tag),
	}
}

func (c *call) listReleases() reply {
	all := slices.Clone(c.repo.releases)
	slices.Reverse(all)
	return list(c, all, c.release)
}

func (c *call) latestRelease() reply {
	for _, one := range slices.Backward(c.repo.releases) {
		if !one.draft && !one.pre {
			return ok(c.release(one))
		}
	}
	return notFound()
}

func (c *call) releaseByTag() reply {
	for _, one := range slices.Backward(c.repo.releases) {
		if one.tag == c.args["tag"] && !one.draft {
			return ok(c.release(one))
		}
	}
	return notFound()
}

func (c *call) createRelease() reply {
	var in struct {
		Tag    string `json:"tag_name"`
		Target string `json:"target_commitish"`
		Name   string
		Body   string
		Draft  bool
		Pre    bool `json:"prerelease"`
		Notes  bool `json:"generate_release_notes"`
	}
	c.decode(&in)
	if slices.ContainsFunc(c.repo.releases, func(one *release) bool { return one.tag == in.Tag && !one.draft }) {
		return invalid("Release", "tag_name", "already_exists", "")
	}
	if in.Target == "" {
		in.Target = c.repo.branch
	}
	if c.repo.git.ref("refs/tags/"+in.Tag) == "" {
		sha := c.repo.git.resolve(in.Target)
		if sha == "" {
			return invalid("Release", "target_commitish", "invalid", "")
		}
		if !in.Draft && c.repo.push("refs/tags/"+in.Tag, sha) != nil {
			return invalid("Release", "tag_name", "invalid", "")
		}
	}
	at := c.h.tick()
	one := &release{id: c.h.id(), tag: in.Tag, target: in.Target, name: in.Name, body: in.Body, author: c.me, draft: in.Draft, pre: in.Pre, created: at}
	if !in.Draft {
		one.published = at
	}
	if in.Notes {
		one.body = strings.TrimPrefix(in.Body+"\n\n"+c.notes(in.Tag), "\n\n")
	}
	c.repo.releases = append(c.repo.releases, one)
	return created(c.release(one))
}

// notes are what GitHub writes: pull requests that were merged, and not commits.
func (c *call) notes(tag string) string {
	var b strings.Builder
	for _, it := range c.repo.items {
		if it.pull != nil && !it.pull.merged.IsZero() {
			if b.Len() == 0 {
				b.WriteString("## What's Changed\n")
			}
			b.WriteString("* " + it.title + " by @" + it.user + " in " + c.html + "/" + c.repo.full() + "/pull/" + strconv.Itoa(it.number) + "\n")
		}
	}
	if b.Len() > 0 {
		b.WriteString("\n\n")
	}
	return b.String() + "**Full Changelog**: " + c.html + "/" + c.repo.full() + "/commits/" + tag
}
