package logql

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestScan(t *testing.T) {
	for _, tc := range []struct {
		query  string
		metric bool
		want   string // selectors with range, offset and stages
	}{
		{`{app="api"}`, false, `{app="api"}`},
		{"{ app = `a}b` , x!~\"y\\\"\" } |= \"}{\"", false, "{ app = `a}b` , x!~\"y\\\"\" } |="},
		{`sum(rate({app="api"} |= "x" [5m])) / sum(rate({app="b"}[1h30m] offset 2d))`, true, `{app="api"} [5m0s] |=; {app="b"} [1h30m0s] offset 48h0m0s`},
		{`{a="b"} | json | status >= 500 != "x" | line_format "{{.x}}"`, false, `{a="b"} |json |status != |line_format`},
		{`{a="b"} | json != "x" | level != "info"`, false, `{a="b"} |json != |level`},
		{`count_over_time(({a="b"} |~ "(x|y)" or "z")[1d])`, true, `{a="b"} [24h0m0s] |~`},
		{`sum by (x) (quantile_over_time(0.99, {a="b"} | logfmt | unwrap duration(took) [5m]))`, true, `{a="b"} [5m0s] |logfmt |unwrap`},
		{`(({a="b"}))`, false, `{a="b"}`},
		{`{a="b"} # {c="d"}`, false, `{a="b"}`},
		{`vector(1)`, true, ``},
		{`{a="b"} | ip_addr = ip("10.0.0.0/8") | x="y"`, false, `{a="b"} |ip_addr |x`},
		{`count_over_time({a="b"}[5m] offset -1h)`, true, `{a="b"} [5m0s] offset -1h0m0s`},
	} {
		q, err := Scan(tc.query)
		if err != nil {
			t.Errorf("%s: %v", tc.query, err)
			continue
		}
		var got []string
		for _, s := range q.Selectors {
			text := s.Text
			if s.Range != 0 {
				text += " [" + s.Range.String() + "]"
			}
			if s.Offset != 0 {
				text += " offset " + s.Offset.String()
			}
			for _, stage := range s.Stages {
				text += " " + stage.Op + stage.Name
			}
			got = append(got, text)
		}
		if q.Metric != tc.metric || strings.Join(got, "; ") != tc.want {
			t.Errorf("%s\n got %v %s\nwant %v %s", tc.query, q.Metric, strings.Join(got, "; "), tc.metric, tc.want)
		}
	}
}

func TestScanErrors(t *testing.T) {
	for query, pos := range map[string]int{
		``: 0, ` `: 0, `{app="api"`: 10, `{app=api}`: 5, `{app}`: 4, `{"app"="x"}`: 1, `{app="api`: 5, "{app=\"a\npi\"}": 5, `{app="\q"}`: 5, `rate({a="b"}[x])`: 13, `rate({a="b"}[`: 13,
	} {
		_, err := Scan(query)
		var e *Error
		if !errors.As(err, &e) || e.Pos != pos {
			t.Errorf("%s: %v, want an error at %d", query, err, pos)
		}
	}
}

func TestSelective(t *testing.T) {
	for selector, want := range map[string]bool{
		`{app="api"}`: true, `{app=""}`: false, `{app!="api"}`: false, `{app!~"api"}`: false, `{app=~".+"}`: false, `{app=~".*"}`: false,
		`{app=~".*.+"}`: false, `{app=~"[^x]+"}`: false, `{app=~"\\S+"}`: false, `{app=~"api|"}`: false, `{app=~"api|web"}`: true, `{app=~"api-.*"}`: true,
		`{app=~".+", env="prod"}`: true, `{}`: false, `{app=~"(?i)API"}`: true, `{app=~"("}`: false, `{app=~"[a-z0-9-]+"}`: false, `{app=~".*|x"}`: false,
	} {
		q, err := Scan(selector)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Selectors[0].Selective(); got != want {
			t.Errorf("%s: selective is %v", selector, got)
		}
	}
}

func TestBuild(t *testing.T) {
	for _, tc := range []struct {
		parts Parts
		want  string
	}{
		{Parts{Labels: map[string]string{"b": "x", "a": "~y|z", "c": "!w", "d": "!~v"}}, `{a=~"y|z", b="x", c!="w", d!~"v"}`},
		{Parts{Labels: map[string]string{"a": `say "hi"`}, Contains: []string{`a\b`, "x"}, Excludes: []string{"`"}}, "{a=`say \"hi\"`} |= `a\\b` |= \"x\" != \"`\""},
		{Parts{Labels: map[string]string{"a": "b"}, Levels: []string{"WARNING", "fatal"}}, `{a="b"} | detected_level=~"warn|fatal" or level=~"(?i)(warn|warning|wrn|fatal|panic|emerg|alert)"`},
	} {
		got, err := tc.parts.Build()
		if err != nil || got != tc.want {
			t.Errorf("got %s (%v), want %s", got, err, tc.want)
		}
		q, err := Scan(got)
		if err != nil || len(q.Selectors) != 1 {
			t.Errorf("%s: %v", got, err)
		}
	}
	for _, bad := range []Parts{{Labels: map[string]string{`a"}`: "x"}}, {Levels: []string{"loud"}}} {
		if got, err := bad.Build(); err == nil {
			t.Errorf("%+v makes %s", bad, got)
		}
	}
}

func TestDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{"5m": 5 * time.Minute, "1h30m": 90 * time.Minute, "1.5h": 90 * time.Minute, "100ms": 100 * time.Millisecond, "1d": day, "2w": 14 * day} {
		if got, ok := ParseDuration(s); !ok || got != want {
			t.Errorf("%s is %v %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "5", "m", "5x", "5m3", "99999999y", "1..5h"} {
		if got, ok := ParseDuration(s); ok {
			t.Errorf("%s is %v", s, got)
		}
	}
}

func TestPoint(t *testing.T) {
	for _, tc := range [][3]string{
		{"parse error at line 1, col 3: x", `{ä}`, "  {ä}\n    ^"},
		{"parse error at line 2, col 1: x", "a\nb", "  b\n  ^"},
		{"parse error at line 0, col 2: x", "ab", "  ab\n   ^"},
		{"parse error at line 9, col 2: x", "ab", ""},
		{"other", "ab", ""},
	} {
		if got := Point(tc[0], tc[1]); got != tc[2] {
			t.Errorf("%s in %s:\n%s", tc[0], tc[1], got)
		}
	}
	if got := PointAt(500, strings.Repeat("x", 1000)); len([]rune(got)) > 300 || !strings.HasSuffix(got, "^") {
		t.Errorf("%q", got)
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{`{a="b"} | json | x != "y" [5m]`, "{a=`", `rate({a="b"}[5m] offset`, `{a="b"}[`, `|=`, `offset -`, `{a="b"} | ("`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := Scan(query)
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Pos < 0 || e.Pos > len(query)) {
			t.Fatalf("%q: %v", query, err)
		}
		for _, s := range q.Selectors {
			if err == nil && !strings.HasPrefix(query[s.Pos:], s.Text) {
				t.Fatalf("%q: %+v", query, s)
			}
		}
		PointAt(len(query)/2, query)
	})
}
