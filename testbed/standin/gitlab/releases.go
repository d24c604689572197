package gitlab

import (
	"net/http"
	"slices"
	"time"
)

type release struct {
	tag, name, description string
	created, released      time.Time
	by                     *user
	links                  []obj
}

func (p *project) release(tag string) *release {
	if i := slices.IndexFunc(p.releases, func(r *release) bool { return r.tag == tag }); i >= 0 {
		return p.releases[i]
	}
	return nil
}

func (g *GitLab) releaseView(p *project, r *release) obj {
	sources := []obj{}
	for _, kind := range []string{"zip", "tar.gz"} {
		sources = append(sources, obj{"format": kind, "url": g.URL + "/" + p.path + "/-/archive/" + r.tag + "/" + p.name() + "-" + r.tag + "." + kind})
	}
	return obj{
		"tag_name": r.tag, "name": r.name, "description": r.description, "created_at": stamp(r.created), "released_at": stamp(r.released), "upcoming_release": false, "author": g.brief(r.by),
		"commit": g.commitView(p, p.tags[r.tag]), "milestones": []any{}, "commit_path": "/" + p.path + "/-/commit/" + p.tags[r.tag], "tag_path": "/" + p.path + "/-/tags/" + r.tag,
		"assets": obj{"count": len(sources) + len(r.links), "sources": sources, "links": append([]obj{}, r.links...)}, "evidences": []any{}, "_links": obj{"self": g.URL + "/" + p.path + "/-/releases/" + r.tag},
	}
}

// listReleases has the newest first.
func listReleases(c *call, p *project) (any, error) {
	list := slices.Clone(p.releases)
	slices.SortStableFunc(list, func(a, b *release) int { return b.released.Compare(a.released) })
	if c.str("sort") == "asc" {
		slices.Reverse(list)
	}
	return paged(c, list, func(r *release) obj { return c.releaseView(p, r) })
}

func createRelease(c *call, p *project) (any, error) {
	if err := c.need("tag_name"); err != nil {
		return nil, err
	}
	tag := c.str("tag_name")
	if p.release(tag) != nil {
		return nil, conflict("Release already exists")
	}
	if p.tags[tag] == "" {
		sha := c.resolve(p, c.str("ref"))
		switch {
		case c.str("ref") == "":
			return nil, &problem{http.StatusUnprocessableEntity, obj{"message": "Ref is not specified"}}
		case sha == "":
			return nil, &problem{http.StatusUnprocessableEntity, obj{"message": "Ref " + c.str("ref") + " does not exist"}}
		}
		p.tags[tag], p.tagNotes[tag] = sha, c.str("tag_message")
	}
	at := c.tick()
	r := &release{tag: tag, name: c.str("name"), description: c.str("description"), created: at, released: at, by: c.me}
	if r.name == "" {
		r.name = tag
	}
	p.releases = append(p.releases, r)
	return c.releaseView(p, r), nil
}

func latestRelease(c *call, p *project) (any, error) {
	if len(p.releases) == 0 {
		return nil, &problem{http.StatusNotFound, obj{"message": "404 Not Found"}}
	}
	newest := slices.MaxFunc(p.releases, func(a, b *release) int { return a.released.Compare(b.released) })
	return c.releaseView(p, newest), nil
}

// changelog is made of the commits whose trailer asks for it: without one it is
// empty.
func changelog(c *call, p *project) (any, error) {
	if err := c.need("version"); err != nil {
		return nil, err
	}
	return obj{"notes": "## " + c.str("version") + " (" + c.now.Format(time.DateOnly) + ")\n\nNo changes.\n"}, nil
}

var releaseRoutes = routes{
	"GET /projects/{id}/releases":  of(listReleases),
	"POST /projects/{id}/releases": of(createRelease),
	"GET /projects/{id}/releases/{tag_name}": of(func(c *call, p *project) (any, error) {
		if r := p.release(c.str("tag_name")); r != nil {
			return c.releaseView(p, r), nil
		}
		return nil, missing("Release")
	}),
	"GET /projects/{id}/releases/permalink/latest": of(latestRelease),
	"GET /projects/{id}/repository/changelog":      of(changelog),
}
