package github

import "time"

func (c *call) getUser() reply {
	out := c.h.user(c.me).(obj)
	for name, v := range (obj{"name": c.me, "email": c.h.author(c.me).Email, "created_at": stamp(c.h.now), "updated_at": stamp(c.h.now), "two_factor_authentication": true, "user_view_type": "private"}) {
		out[name] = v
	}
	return ok(out)
}

// notice is a notification.
type notice struct {
	id     string
	repo   *repo
	number int
	unread bool
	at     time.Time
}

// Notify has a number of a repository be news to everybody.
func (h *Hub) Notify(repo string, number int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notices = append([]*notice{{id: itoa(h.id()), repo: h.repo(repo), number: number, unread: true, at: h.tick()}}, h.notices...)
}

func (c *call) listNotices() reply {
	var all []*notice
	for _, n := range c.h.notices {
		if n.unread || c.query.Get("all") == "true" {
			all = append(all, n)
		}
	}
	return list(c, all, func(n *notice) any {
		of := *c
		of.repo = n.repo
		it := n.repo.item(n.number)
		kind, path := "Issue", "/issues/"
		if it.pull != nil {
			kind, path = "PullRequest", "/pulls/"
		}
		url := of.at(path + itoa(int64(n.number)))
		return obj{
			"id": n.id, "unread": n.unread, "reason": "mention", "updated_at": stamp(n.at), "last_read_at": nil, "repository": of.minimal(),
			"subject": obj{"title": it.title, "url": url, "latest_comment_url": url, "type": kind},
			"url":     c.base + "/notifications/threads/" + n.id, "subscription_url": c.base + "/notifications/threads/" + n.id + "/subscription",
		}
	})
}

func (c *call) listVariables() reply {
	return counted(c, "variables", c.repo.variables, func(o obj) any { return o })
}

func (c *call) listSecrets() reply {
	return counted(c, "secrets", c.repo.secrets, func(o obj) any { return o })
}

// Secret gives a repository a secret of CI, of which nobody sees more than its name.
func (h *Hub) Secret(repo, name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := stamp(h.tick())
	r := h.repo(repo)
	r.secrets = append(r.secrets, obj{"name": name, "created_at": at, "updated_at": at})
}

// Variable gives a repository a variable of CI.
func (h *Hub) Variable(repo, name, value string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := stamp(h.tick())
	r := h.repo(repo)
	r.variables = append(r.variables, obj{"name": name, "value": value, "created_at": at, "updated_at": at})
}
