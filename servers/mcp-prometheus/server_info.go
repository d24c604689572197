package main

import (
	"context"
	"encoding/json"

	"maps"

	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// serverInfo is what a server says of itself. Of its configuration there are
// the names of the sections: the rest may hold passwords in any place.
type serverInfo struct {
	Version       string            `json:"version,omitempty"`
	Application   string            `json:"application,omitempty"` // Grafana Mimir
	Go            string            `json:"go,omitempty"`
	Ready         string            `json:"ready"`
	Started       string            `json:"started,omitempty"`
	Retention     string            `json:"retention,omitempty"`
	ReloadOK      *bool             `json:"config_reload_ok,omitempty"`
	ConfigLoaded  string            `json:"config_loaded,omitempty"`
	Corruptions   int               `json:"wal_corruptions,omitempty"`
	Goroutines    int               `json:"goroutines,omitempty"`
	Sections      []string          `json:"config_sections,omitempty"`
	Flags         map[string]string `json:"flags,omitempty"`
	Alertmanagers []string          `json:"alertmanagers"`
	APIs          []apiState        `json:"apis"`
	Features      []string          `json:"features_on,omitempty"`
	Warnings      []string          `json:"warnings,omitempty"`
}

// apiState says whether an API is there that not every server has.
type apiState struct {
	API  string `json:"api"`
	Here bool   `json:"here"`
	Why  string `json:"why,omitempty"`
}

// shownFlags tell what a query may do and how long data stays.
var shownFlags = []string{
	"storage.tsdb.retention.time", "storage.tsdb.retention.size", "query.timeout", "query.max-samples", "query.max-concurrency",
	"query.lookback-delta", "enable-feature", "web.enable-remote-write-receiver", "agent",
}

func (p *prometheus) getServerInfo() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "get_server_info",
		Title:       "Get facts about the server",
		Description: "Version, readiness, retention, Alertmanagers, and which APIs it has. Its configuration is not shown.",
		Hints:       kit.ReadLocal,
		Output:      struct{}{},
	}, p.runServerInfo)
}

func (p *prometheus) runServerInfo(ctx context.Context, _ struct{}) (*kit.Result, error) {
	info := serverInfo{Ready: "unknown", Alertmanagers: []string{}}
	// A server that does not answer this answers nothing: asked first, it is
	// one error at once and not a dozen.
	if _, err := p.single(ctx, "vector(1)", p.now()); err != nil {
		return nil, err
	}
	probes := p.probes(&info)
	errs := make([]error, len(probes))
	var tasks []upstream.Task
	for i, probe := range probes {
		tasks = append(tasks, upstream.Task{Name: probe.api, Do: func(ctx context.Context) error {
			errs[i] = probe.ask(ctx)
			return errs[i]
		}})
	}
	// That all of them fail says what they are for: this is no Prometheus.
	if upstream.Together(ctx, tasks...); ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i, probe := range probes {
		state := apiState{API: probe.api, Here: errs[i] == nil}
		switch {
		case lacks(errs[i]):
			state.Why = "the server does not have it"
		case errs[i] != nil:
			state.Why = kit.Shorten(errs[i].Error(), 160)
		}
		info.APIs = append(info.APIs, state)
	}
	if info.Corruptions > 0 {
		info.Warnings = append(info.Warnings, "the write-ahead log was corrupt: samples may be lost")
	}
	if info.ReloadOK != nil && !*info.ReloadOK {
		info.Warnings = append(info.Warnings, "the last reload of the configuration failed: an older one is in force")
	}
	return kit.Record(info).Untrusted(), nil
}

type probe struct {
	api string
	ask func(context.Context) error
}

// probes fill in info, each what no other does.
func (p *prometheus) probes(info *serverInfo) []probe {
	get := func(path string, params url.Values, into any) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := p.client.call(ctx, path, params, into)
			return err
		}
	}
	is := func(path string, params url.Values) probe { // there, whatever it answers
		return probe{path, get(path, params, new(json.RawMessage))}
	}
	return []probe{
		{"status/buildinfo", func(ctx context.Context) error {
			var build struct{ Version, Application, GoVersion string }
			err := get("status/buildinfo", nil, &build)(ctx)
			info.Version, info.Application, info.Go = build.Version, build.Application, build.GoVersion
			return err
		}},
		{"status/runtimeinfo", func(ctx context.Context) error { return p.runtime(ctx, info) }},
		{"status/flags", func(ctx context.Context) error {
			var flags map[string]string
			err := get("status/flags", nil, &flags)(ctx)
			maps.DeleteFunc(flags, func(name, value string) bool {
				return value == "" || value == "false" || value == "0s" || value == "0B" || !slices.Contains(shownFlags, name)
			})
			info.Flags = flags
			return err
		}},
		{"status/config", func(ctx context.Context) error {
			var config struct{ YAML string }
			err := get("status/config", nil, &config)(ctx)
			info.Sections = sections(config.YAML)
			return err
		}},
		{"alertmanagers", func(ctx context.Context) error {
			var list struct{ ActiveAlertmanagers []struct{ URL string } }
			err := get("alertmanagers", nil, &list)(ctx)
			for _, a := range list.ActiveAlertmanagers {
				info.Alertmanagers = append(info.Alertmanagers, bareURL(a.URL))
			}
			return err
		}},
		{"features", func(ctx context.Context) error {
			var features map[string]map[string]bool
			err := get("features", nil, &features)(ctx)
			info.Features = optionalFeatures(features)
			return err
		}},
		is("targets", url.Values{"state": {"active"}, "scrapePool": {"none of that name"}}),
		is("rules", url.Values{"type": {"record"}, "group_limit": {"1"}, "rule_name[]": {"none of that name"}}),
		is("metadata", url.Values{"limit": {"1"}}),
		is("status/tsdb", url.Values{"limit": {"1"}}),
		{"-/ready", func(ctx context.Context) error {
			_, err := p.client.instances.For(ctx).Do(ctx, upstream.Request{Path: "-/ready"})
			switch {
			case err == nil:
				info.Ready = "yes"
			case !lacks(err):
				info.Ready = "no: " + kit.Shorten(err.Error(), 160)
			}
			return err
		}},
	}
}

func (p *prometheus) runtime(ctx context.Context, info *serverInfo) error {
	var run struct {
		StartTime           time.Time `json:"startTime"`
		ReloadConfigSuccess *bool     `json:"reloadConfigSuccess"`
		LastConfigTime      time.Time `json:"lastConfigTime"`
		CorruptionCount     int       `json:"corruptionCount"`
		GoroutineCount      int       `json:"goroutineCount"`
		StorageRetention    string    `json:"storageRetention"`
	}
	_, err := p.client.call(ctx, "status/runtimeinfo", nil, &run)
	if err != nil {
		return err
	}
	info.ReloadOK, info.Corruptions, info.Goroutines, info.Retention = run.ReloadConfigSuccess, run.CorruptionCount, run.GoroutineCount, run.StorageRetention
	info.Started, info.ConfigLoaded = wholeSecond(run.StartTime), wholeSecond(run.LastConfigTime)
	return nil
}

// wholeSecond is a time without fractions, empty for none.
func wholeSecond(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return kit.FormatTime(t.Truncate(time.Second))
}

var section = regexp.MustCompile(`(?m)^([a-z_]+):`)

// sections are the names at the top of a configuration, and nothing below them.
func sections(yaml string) []string {
	var names []string
	for _, m := range section.FindAllStringSubmatch(yaml, -1) {
		if !slices.Contains(names, m[1]) && slices.Contains(knownSections, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

// knownSections keep a line of a multi-line value, which may look like a
// section, from being shown as one.
var knownSections = []string{
	"global", "runtime", "rule_files", "scrape_config_files", "scrape_configs", "alerting", "remote_write", "remote_read", "storage", "tracing", "otlp",
}

// bareURL is a URL without what may be secret in it.
func bareURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "(a URL that does not parse)"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// optionalFeatures are those that are on and that a query or its writer may
// notice; functions and operators are too many to list.
func optionalFeatures(all map[string]map[string]bool) []string {
	var on []string
	for group, features := range all {
		if group == "promql_functions" || group == "promql_operators" || group == "service_discovery_providers" || group == "templating_functions" {
			continue
		}
		for name, yes := range features {
			if yes && slices.Contains(notable, name) {
				on = append(on, name)
			}
		}
	}
	slices.Sort(on)
	return on
}

var notable = []string{
	"admin", "agent_mode", "anchored", "smoothed", "fill", "duration_expr", "delayed_name_removal", "type_and_unit_labels", "exemplar_storage",
	"native_histograms", "remote_write_receiver", "otlp_write_receiver", "lifecycle", "search", "auto_reload_config",
	"concurrent_rule_eval", "per_step_stats",
}
