package conformance

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func (c check) String() string {
	text := c.Status + " " + c.scenario + "/" + c.ID + " " + c.Name
	if len(c.Message) > 300 {
		return text + ": " + c.Message[:300] + "…"
	}
	return text + ": " + c.Message
}

// keys tell the checks of a run apart: an id may occur several times.
func keys(checks []check) map[string]check {
	all := map[string]check{}
	for _, c := range checks {
		name, n := c.scenario+"/"+c.ID+" "+c.Name, 1
		key := name
		for ; ; n++ {
			if _, taken := all[key]; !taken {
				break
			}
			key = fmt.Sprintf("%s (%d)", name, n+1)
		}
		all[key] = c
	}
	return all
}

// compare fails the test for each check that does not end in the same way.
func compare(t *testing.T, direct, through []check) {
	t.Helper()
	want, got := keys(direct), keys(through)
	for key, w := range want {
		if g, ok := got[key]; !ok {
			t.Errorf("only directly: %s", w)
		} else if g.Status != w.Status {
			t.Errorf("directly: %s\nthrough Loom: %s", w, g)
		}
	}
	for key, g := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("only through Loom: %s", g)
		}
	}
}

// hold holds what does not pass directly against what is expected not to: for
// each a line with the protocol's version, scenario/check and the reason.
func hold(t *testing.T, version string, direct []check) {
	t.Helper()
	raw, err := os.ReadFile("testdata/expected.txt")
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]bool{}
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) > 2 && f[0] == version {
			expected[f[1]] = false
		}
	}
	for _, c := range direct {
		name := c.scenario + "/" + c.ID
		_, known := expected[name]
		if c.Status == passed || c.Status == skipped {
			continue
		}
		if !known {
			t.Errorf("not in testdata/expected.txt: %s", c)
		}
		expected[name] = true
	}
	for name, seen := range expected {
		if !seen {
			t.Errorf("testdata/expected.txt has %s, which passes", name)
		}
	}
}

// progress is what the loop of our own servers is for: mcp-go's own sends it
// after the answer, and fails this scenario.
func progress(t *testing.T, checks []check) {
	t.Helper()
	const scenario = "tools-call-with-progress"
	i := slices.IndexFunc(checks, func(c check) bool { return c.scenario == scenario && c.ID == scenario })
	if i < 0 {
		t.Errorf("the suite has no %s", scenario)
	} else if checks[i].Status != passed {
		t.Errorf("%s", checks[i])
	}
}

// table is what is printed of all suites.
type table struct{ counts, failures strings.Builder }

func (a *table) add(s suite, direct, through []check) {
	for _, run := range []struct {
		name   string
		checks []check
	}{{"directly", direct}, {"through Loom", through}} {
		count := map[string]int{}
		for _, c := range run.checks {
			count[c.Status]++
		}
		fmt.Fprintf(&a.counts, "\n%-66s %-12s %4d %4d %4d %4d", s, run.name, count[passed], count[failed], count[warning], count[skipped])
	}
	got := keys(through)
	for key, c := range keys(direct) {
		if g := got[key]; c.Status != passed || g.Status != passed {
			fmt.Fprintf(&a.failures, "\n%-10s directly %-8s through Loom %-8s %s", s.version, c.Status, g.Status, key)
		}
	}
}

func (a *table) String() string {
	failures := strings.Split(a.failures.String(), "\n")
	slices.Sort(failures)
	return fmt.Sprintf("\n%-79s pass fail warn skip%s%s", "", &a.counts, strings.Join(failures, "\n"))
}
