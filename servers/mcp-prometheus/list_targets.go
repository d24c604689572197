package main

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

type targetsArgs struct {
	Health     string `arg:"health" enum:"up,down,unknown"`
	ErrorsOnly bool   `arg:"errors_only"`
	Job        string `arg:"job"`
	ScrapePool string `arg:"scrape_pool" alias:"pool"`
	State      string `arg:"state" enum:"active,dropped,any" default:"active"`
	Discovered bool   `arg:"with_discovered_labels"`
	kit.Paging
}

type targetsAbout struct {
	Pools    []pool   `json:"pools,omitempty"`
	More     int      `json:"more_pools,omitempty"` // healthier than those above
	Warnings []string `json:"warnings,omitempty"`
	Hints    []string `json:"hints,omitempty"`
}

// pool counts the targets of a scrape config, whatever else was asked for.
type pool struct {
	Name    string `json:"pool"`
	Up      int    `json:"up"`
	Down    int    `json:"down"`
	Unknown int    `json:"unknown,omitempty"`
	Dropped int    `json:"dropped,omitempty"` // by relabelling
}

// target is a row of the answer.
type target struct {
	Job        string            `json:"job,omitempty"`
	Instance   string            `json:"instance,omitempty"`
	Health     string            `json:"health"`
	LastError  string            `json:"last_error,omitempty"`
	LastScrape string            `json:"last_scrape,omitempty"`
	Seconds    *num              `json:"duration_s,omitempty"`
	Interval   string            `json:"interval,omitempty"`
	Pool       string            `json:"pool,omitempty"` // where it is not the job
	Labels     map[string]string `json:"labels,omitempty"`
	Discovered map[string]string `json:"discovered_labels,omitempty"`
}

// targetList is what the API answers.
type targetList struct {
	Active  []activeTarget `json:"activeTargets"`
	Dropped []struct {
		Discovered map[string]string `json:"discoveredLabels"`
		ScrapePool string            `json:"scrapePool"`
	} `json:"droppedTargets"`
	DroppedCounts map[string]int `json:"droppedTargetCounts"`
}

type activeTarget struct {
	Discovered     map[string]string `json:"discoveredLabels"`
	Labels         map[string]string `json:"labels"`
	ScrapePool     string            `json:"scrapePool"`
	LastError      string            `json:"lastError"`
	LastScrape     time.Time         `json:"lastScrape"`
	Duration       float64           `json:"lastScrapeDuration"`
	Health         string            `json:"health"`
	ScrapeInterval string            `json:"scrapeInterval"`
}

func (p *prometheus) listTargets() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "list_targets",
		Title:       "List scrape targets",
		Description: "What is scraped and why it fails, unhealthy first, with counts per pool.",
		Hints:       kit.ReadLocal,
		ListName:    "targets",
		PerPage:     50, MaxPerPage: 500,
	}, p.runListTargets)
}

func (p *prometheus) runListTargets(ctx context.Context, a targetsArgs) (*kit.Result, error) {
	params := url.Values{"state": {a.State}}
	if a.ScrapePool != "" {
		params.Set("scrapePool", a.ScrapePool)
	}
	var list targetList
	notes, err := p.client.call(ctx, "targets", params, &list)
	if e := new(kit.Error); errors.As(err, &e) && e.Code == kit.TooLarge {
		return nil, e.WithHint("ask for one scrape_pool; query count by (job) (up) has the jobs, query up == 0 what is down")
	}
	if err != nil {
		return nil, optional(err, "list of targets", "query up is 1 for each target that was scraped and 0 for one that was not")
	}
	head := targetsAbout{Pools: list.pools(a.ScrapePool), Warnings: notes.Warnings}
	if head.More = len(head.Pools) - maxCounted; head.More > 0 {
		head.Pools = head.Pools[:maxCounted]
	} else {
		head.More = 0
	}
	rows := list.rows(a)
	if len(rows) == 0 {
		head.Hints = targetHints(a, list)
	}
	return kit.Records(head, kit.Slice(a.Paging, rows)).Untrusted(), nil
}

func (l targetList) pools(only string) []pool {
	var pools []pool
	at := func(name string) *pool {
		i := slices.IndexFunc(pools, func(p pool) bool { return p.Name == name })
		if i < 0 {
			i, pools = len(pools), append(pools, pool{Name: name})
		}
		return &pools[i]
	}
	for _, t := range l.Active {
		switch p := at(t.ScrapePool); t.Health {
		case "up":
			p.Up++
		case "down":
			p.Down++
		default:
			p.Unknown++
		}
	}
	for name, n := range l.DroppedCounts {
		if n > 0 && (only == "" || only == name) {
			at(name).Dropped = n
		}
	}
	slices.SortFunc(pools, func(a, b pool) int {
		return cmp.Or(cmp.Compare(b.Down, a.Down), cmp.Compare(a.Name, b.Name))
	})
	return pools
}

func (l targetList) rows(a targetsArgs) []target {
	rows := []target{}
	for _, t := range l.Active {
		row := t.row(a.Discovered)
		if a.State == "dropped" || a.ScrapePool != "" && t.ScrapePool != a.ScrapePool || a.Job != "" && row.Job != a.Job ||
			a.Health != "" && row.Health != a.Health || a.ErrorsOnly && row.LastError == "" {
			continue
		}
		rows = append(rows, row)
	}
	order := map[string]int{"down": 0, "unknown": 1, "up": 2}
	slices.SortStableFunc(rows, func(x, y target) int {
		return cmp.Or(cmp.Compare(order[x.Health], order[y.Health]), cmp.Compare(x.Job, y.Job), cmp.Compare(x.Instance, y.Instance))
	})
	if a.State == "active" || a.Health != "" || a.ErrorsOnly {
		return rows
	}
	for _, t := range l.Dropped {
		job := cmp.Or(t.Discovered["job"], t.ScrapePool)
		if a.Job != "" && job != a.Job || a.ScrapePool != "" && t.ScrapePool != "" && t.ScrapePool != a.ScrapePool {
			continue
		}
		row := target{Job: job, Instance: t.Discovered["__address__"], Health: "dropped"}
		if a.Discovered {
			row.Discovered = maskParams(t.Discovered)
		}
		rows = append(rows, row)
	}
	return rows
}

func (t activeTarget) row(discovered bool) target {
	row := target{
		Job: t.Labels["job"], Instance: t.Labels["instance"], Health: t.Health,
		LastError: parameters.ReplaceAllString(t.LastError, "$1?[redacted]"), Interval: t.ScrapeInterval, Labels: map[string]string{},
	}
	if row.Health != "up" && row.Health != "down" {
		row.Health = "unknown"
	}
	if row.LastScrape = wholeSecond(t.LastScrape); row.LastScrape != "" {
		took := num(t.Duration)
		row.Seconds = &took
	}
	if t.ScrapePool != row.Job {
		row.Pool = t.ScrapePool
	}
	for name, value := range t.Labels {
		if name != "job" && name != "instance" {
			row.Labels[name] = value
		}
	}
	if discovered {
		row.Discovered = maskParams(t.Discovered)
	}
	return row
}

// parameters of the URL that could not be scraped: errors repeat it, and a
// token may be in it.
var parameters = regexp.MustCompile(`(https?://[^\s"?]+)\?[^\s"]*`)

var secretName = regexp.MustCompile(`(?i)token|secret|passw|api_?key|auth|credential`)

// maskParams hides the URL parameters of a target that look like credentials.
func maskParams(m map[string]string) map[string]string {
	masked := make(map[string]string, len(m))
	for name, value := range m {
		if strings.HasPrefix(name, "__param_") && secretName.MatchString(name) {
			value = "[redacted]"
		}
		masked[name] = value
	}
	return masked
}

func targetHints(a targetsArgs, l targetList) []string {
	if len(l.Active) == 0 && a.State == "active" {
		return []string{"no target is active; get_server_info tells whether the server scrapes at all, state=dropped what relabelling dropped"}
	}
	var jobs []string
	for _, t := range l.Active {
		if job := t.Labels["job"]; !slices.Contains(jobs, job) {
			jobs = append(jobs, job)
		}
	}
	if near := kit.Nearest(a.Job, jobs); a.Job != "" && near != "" && near != a.Job {
		return []string{"did you mean job=" + near + "?"}
	}
	return []string{"no target is like that; ask with fewer filters, pools has the counts of all"}
}
