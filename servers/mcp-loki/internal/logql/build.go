package logql

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Parts are what a query is built from by those who do not write LogQL.
type Parts struct {
	Labels   map[string]string // a value is exact, ~regex, !not or !~regex
	Contains []string
	Excludes []string
	Levels   []string
}

// Empty reports whether there is nothing to build from.
func (p Parts) Empty() bool {
	return len(p.Labels)+len(p.Contains)+len(p.Excludes)+len(p.Levels) == 0
}

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// Build writes the query.
func (p Parts) Build() (string, error) {
	selector, err := Select(p.Labels)
	if err != nil {
		return "", err
	}
	return p.filters(selector)
}

// Narrow adds the filters of p, which has no labels, to a query for lines.
func (p Parts) Narrow(query string) (string, error) { return p.filters(query) }

func (p Parts) filters(query string) (string, error) {
	for _, s := range p.Contains {
		query += " |= " + Quote(s)
	}
	for _, s := range p.Excludes {
		query += " != " + Quote(s)
	}
	if len(p.Levels) == 0 {
		return query, nil
	}
	filter, err := LevelFilter(p.Levels...)
	return query + " " + filter, err
}

// Select writes the selector of labels: app to api is {app="api"}.
func Select(labels map[string]string) (string, error) {
	var matchers []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if !labelName.MatchString(name) {
			return "", fmt.Errorf("%q is no name of a label", name)
		}
		m := Matcher{name, "=", labels[name]}
		for _, op := range []string{"!~", "!", "~"} {
			if rest, ok := strings.CutPrefix(m.Value, op); ok {
				m.Op, m.Value = map[string]string{"!~": "!~", "!": "!=", "~": "=~"}[op], rest
				break
			}
		}
		matchers = append(matchers, m.String())
	}
	return "{" + strings.Join(matchers, ", ") + "}", nil
}

// Exactly writes the selector of one stream: no value means anything else.
func Exactly(labels map[string]string) (string, error) {
	var matchers []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if !labelName.MatchString(name) {
			return "", fmt.Errorf("%q is no name of a label", name)
		}
		matchers = append(matchers, Matcher{name, "=", labels[name]}.String())
	}
	return "{" + strings.Join(matchers, ", ") + "}", nil
}

// levels and how programs write them.
var levels = map[string][]string{
	"trace":    {"trace", "trc"},
	"debug":    {"debug", "dbg"},
	"info":     {"info", "inf", "information", "notice"},
	"warn":     {"warn", "warning", "wrn"},
	"error":    {"error", "err", "eror"},
	"critical": {"critical", "crit"},
	"fatal":    {"fatal", "panic", "emerg", "alert"},
	"unknown":  {"unknown"},
}

// Levels there are, from the least.
var Levels = []string{"trace", "debug", "info", "warn", "error", "critical", "fatal", "unknown"}

// Level is the name of a level however it is written, "" if it is none.
func Level(s string) string {
	s = strings.ToLower(s)
	for _, name := range Levels {
		if slices.Contains(levels[name], s) {
			return name
		}
	}
	return ""
}

// LevelFilter is the stage that passes lines of those levels: by what Loki
// found when it took them in, or by their own label level.
func LevelFilter(names ...string) (string, error) {
	var found, own []string
	for _, name := range names {
		level := Level(name)
		if level == "" {
			return "", fmt.Errorf("%q is no level; write some of %s", name, strings.Join(Levels, ", "))
		}
		found = append(found, level)
		own = append(own, levels[level]...)
	}
	return fmt.Sprintf("| detected_level=~%q or level=~%q", strings.Join(found, "|"), "(?i)("+strings.Join(own, "|")+")"), nil
}
