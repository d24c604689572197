package forge

import (
	"context"

	"github.com/loom-core/loom/servers/kit"
)

type meRow struct {
	Login     string   `json:"login"`
	Name      string   `json:"name,omitempty"`
	URL       string   `json:"url,omitempty"`
	Admin     bool     `json:"admin,omitempty"`
	Scopes    []string `json:"scopes,omitempty"`
	Version   string   `json:"server_version,omitempty"`
	PerPage   int      `json:"max_per_page"`
	Allowed   []string `json:"allowed_repos,omitempty"`
	RateLeft  *int     `json:"rate_remaining,omitempty"`
	RateReset string   `json:"rate_reset,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
}

func (f *forge) getMe() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "get_me", Title: "Who am I", Description: "Account of the token, what it may do, version of the server.",
		Hints: kit.ReadWorld, Output: meRow{},
	}), func(ctx context.Context, _ struct{}) (*kit.Result, error) {
		me, err := f.backend(ctx).Me(ctx)
		if err != nil {
			return nil, hinted(err, kit.NotFound, "no %s answers there: does the URL that this server is set to point at it, and not at one of its pages?", f.Title)
		}
		row := meRow{
			Login: me.Login, Name: me.Name, URL: me.URL, Admin: me.Admin, Scopes: me.Scopes,
			Version: me.Version, RateLeft: me.RateLeft, RateReset: when(me.RateReset),
		}
		if f.allowed != nil {
			row.Allowed = f.allowed.texts
		}
		if row.PerPage, err = f.maxPage(ctx); err != nil {
			row.PerPage, row.Warnings = defaultMaxPage, []string{"the largest page is not known: " + err.Error()}
		}
		return kit.Record(row).Untrusted(), nil
	})
}
