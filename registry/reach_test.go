package registry

import "testing"

func TestReaches(t *testing.T) {
	git := Server{Name: "git"}
	for name, tc := range map[string]struct {
		profile Profile
		want    bool
	}{
		"no lists":                 {Profile{}, true},
		"denied, all of it":        {Profile{Deny: []string{"git__*"}}, false},
		"denied, with everything":  {Profile{Deny: []string{"*"}}, false},
		"denied, by a wild server": {Profile{Deny: []string{"g?t_*"}}, false},
		"denied, one tool":         {Profile{Deny: []string{"git__push"}}, true},
		"denied, some tools":       {Profile{Deny: []string{"git__p*"}}, true},
		"denied, some of all":      {Profile{Deny: []string{"*push*"}}, true},
		"denied, another one":      {Profile{Deny: []string{"gitea__*"}}, true},
		"allowed, one tool":        {Profile{Allow: [][]string{{"loki__*", "git__log"}}}, true},
		"allowed, by a glob":       {Profile{Allow: [][]string{{"*__log"}}}, true},
		"allowed, another one":     {Profile{Allow: [][]string{{"loki__*"}}}, false},
		"allowed, a longer name":   {Profile{Allow: [][]string{{"gitea__*"}}}, false},
		"allowed, a shorter name":  {Profile{Allow: [][]string{{"gi_*"}}}, false},
		"allowed by one list only": {Profile{Allow: [][]string{{"*"}, {"loki__*"}}}, false},
		"an empty list":            {Profile{Allow: [][]string{{}}}, false},
		"allowed and denied":       {Profile{Allow: [][]string{{"*"}}, Deny: []string{"git__*"}}, false},
	} {
		if got := tc.profile.Reaches(git); got != tc.want {
			t.Errorf("%s: Reaches = %v", name, got)
		}
	}
}

func TestNarrows(t *testing.T) {
	git := Server{Name: "git"}
	for name, tc := range map[string]struct {
		policy *Policy
		want   bool
	}{
		"none":                      {nil, false},
		"of servers":                {&Policy{Servers: []string{"git"}}, false},
		"of programs":               {&Policy{Commands: []string{"/usr/bin/*"}}, false},
		"reads only":                {&Policy{ReadOnly: true}, true},
		"pins":                      {&Policy{Enforce: true}, true},
		"denies a tool":             {&Policy{Deny: []string{"git__push"}}, true},
		"denies a tool of any":      {&Policy{Deny: []string{"*delete*"}}, true},
		"denies another's":          {&Policy{Deny: []string{"loki__*"}}, false},
		"allows a tool":             {&Policy{Allow: [][]string{{"git__log", "loki__*"}}}, true},
		"allows all of it":          {&Policy{Allow: [][]string{{"git__*"}}}, false},
		"allows all of everything":  {&Policy{Allow: [][]string{{"*"}}}, false},
		"allows some of everything": {&Policy{Allow: [][]string{{"*__get_*"}}}, true},
	} {
		if got := tc.policy.Narrows(git); got != tc.want {
			t.Errorf("%s: Narrows = %v", name, got)
		}
	}
}
