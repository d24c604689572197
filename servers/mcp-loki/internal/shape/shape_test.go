package shape

import (
	"fmt"
	"testing"
	"unicode/utf8"
)

func TestOf(t *testing.T) {
	for line, want := range map[string]string{
		`level=info msg="req 39" path=/x/39 dur=117ms`:          `level=info msg="req <_>" path=/x/<_> dur=<_>`,
		`2026-11-28T14:27:45.123Z ERROR conn 10.0.0.1:8080: no`: `<_> ERROR conn <_>: no`,
		`id 9f1c2d3e-aaaa-bbbb-cccc-000011112222 at -5 (20%)`:   `id <_> at <_> (<_>)`,
		`code:7 time:12:30`:         `code:<_> time:<_>`,
		`plain words - with a dash`: `plain words - with a dash`,
		`a    b`:                    `a b`,
		``:                          ``,
		`{"a":1,"b":"x","c":[1,2]}`: `{"a":<_>,"b":"x","c":[<_>,<_>]}`,
		`größe 5 naïve`:             `größe <_> naïve`,
	} {
		if got := Of(line); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
}

func TestClusters(t *testing.T) {
	var c Clusters
	names := []string{"ann", "bob", "cid", "dan", "eve", "fay", "gus"}
	for i := range 70 {
		c.Add(fmt.Sprintf("login of %s from 10.0.0.%d ok", names[i%7], i), int64(i), 2)
	}
	for i := range 9 {
		c.Add(fmt.Sprintf("job %d %s now", i, []string{"started", "failed", "ended"}[i%3]), int64(100+i), 2)
	}
	for i := range 14 {
		c.Add(fmt.Sprintf("level=info user=%s n=%d", names[i%7], i), 5, 2)
	}
	got := c.List()
	want := []Cluster{
		{"login of <_> from <_> ok", 70, 140, "", 0, 69}, {"level=info user=<_> n=<_>", 14, 28, "", 5, 5},
		{"job <_> ended now", 3, 6, "", 102, 108}, {"job <_> failed now", 3, 6, "", 101, 107}, {"job <_> started now", 3, 6, "", 100, 106},
	}
	for i, w := range want {
		if i >= len(got) || got[i].Shape != w.Shape || got[i].Count != w.Count || got[i].Weight != w.Weight || got[i].First != w.First || got[i].Last != w.Last || got[i].Sample == "" {
			t.Fatalf("got %+v", got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d clusters: %+v", len(got), got)
	}
}

func TestLevel(t *testing.T) {
	for line, want := range map[string]string{
		`level=warn x`: "warn", `{"level":"error"}`: "error", `{"severity": "INFO"}`: "info", `2026 ERROR no`: "error", `an error happened`: "", `lvl=dbg`: "dbg", `sublevel=x y`: "",
	} {
		if got := Level(line); got != want {
			t.Errorf("%s is %q", line, got)
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add("a1 ä=\xff -.:")
	f.Fuzz(func(t *testing.T, line string) {
		if s := Of(line); utf8.ValidString(line) && !utf8.ValidString(s) {
			t.Fatalf("%q", s)
		}
	})
}
