package registry

import "testing"

func TestAllowsTool(t *testing.T) {
	shipped := Server{Name: "git", From: "shipped", ReadOnlyTools: []string{"fetch"}}
	other := Server{Name: "k8s", ReadOnlyTools: []string{"get_*", "a/b"}}
	var none ToolHint
	says, approved, both := ToolHint{ReadOnly: true}, ToolHint{Trusted: true}, ToolHint{ReadOnly: true, Trusted: true}
	for name, tc := range map[string]struct {
		profile Profile
		server  Server
		tool    string
		hint    ToolHint
		want    bool
	}{
		"no rules":                           {Profile{}, other, "x", none, true},
		"deny":                               {Profile{Deny: []string{"k8s__x"}}, other, "x", none, false},
		"deny of another server":             {Profile{Deny: []string{"git__x"}}, other, "x", none, true},
		"deny by glob":                       {Profile{Deny: []string{"*delete*"}}, other, "pods/delete_all", none, false},
		"deny of a whole server":             {Profile{Deny: []string{"k8s__*"}}, other, "x", none, false},
		"deny the exposed name only":         {Profile{Deny: []string{"k8s__a_b"}}, other, "a/b", none, true},
		"allow":                              {Profile{Allow: [][]string{{"git__*", "k8s__x"}}}, other, "x", none, true},
		"not allowed":                        {Profile{Allow: [][]string{{"git__*", "k8s__x"}}}, other, "y", none, false},
		"deny is stronger":                   {Profile{Allow: [][]string{{"*"}}, Deny: []string{"*__x"}}, other, "x", none, false},
		"both lists":                         {Profile{Allow: [][]string{{"k8s__*"}, {"*__x"}}}, other, "x", none, true},
		"the first list alone":               {Profile{Allow: [][]string{{"k8s__*"}, {"*__x"}}}, other, "y", none, false},
		"the second list alone":              {Profile{Allow: [][]string{{"git__*"}, {"*__x"}}}, other, "x", none, false},
		"an empty list":                      {Profile{Allow: [][]string{{}}}, other, "x", none, false},
		"case counts":                        {Profile{Deny: []string{"k8s__delete"}}, other, "Delete", none, true},
		"read-only: nothing known":           {Profile{ReadOnly: true}, other, "x", none, false},
		"read-only: a foreign claim":         {Profile{ReadOnly: true}, other, "x", says, false},
		"read-only: approved, no claim":      {Profile{ReadOnly: true}, other, "x", approved, false},
		"read-only: an approved claim":       {Profile{ReadOnly: true}, other, "x", both, true},
		"read-only: shipped, no claim":       {Profile{ReadOnly: true}, shipped, "commit", none, false},
		"read-only: shipped, a claim":        {Profile{ReadOnly: true}, shipped, "log", says, true},
		"read-only: named":                   {Profile{ReadOnly: true}, other, "get_pod", none, true},
		"read-only: named, with a slash":     {Profile{ReadOnly: true}, other, "a/b", none, true},
		"read-only: named at a shipped":      {Profile{ReadOnly: true}, shipped, "fetch", none, true},
		"read-only: the name of a neighbour": {Profile{ReadOnly: true}, shipped, "get_pod", none, false},
		"read-only and denied":               {Profile{ReadOnly: true, Deny: []string{"k8s__get_*"}}, other, "get_pod", both, false},
		"read-only and not allowed":          {Profile{ReadOnly: true, Allow: [][]string{{"git__*"}}}, other, "get_pod", both, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.profile.AllowsTool(tc.server, tc.tool, tc.hint); got != tc.want {
				t.Errorf("AllowsTool(%s, %q, %+v) = %v", tc.server.Name, tc.tool, tc.hint, got)
			}
		})
	}
}

// The rules of a file and of its client, from text to decision.
func TestAllowsToolOfAFile(t *testing.T) {
	r := parse(t, `
servers: {git: {from: shipped}, k8s: {command: x}}
profiles:
  default: {servers: ["*"], deny: ["*delete*"]}
  ops: {servers: [k8s], allow: ["k8s__*"]}
clients:
  codex: {profile: ops, deny: [k8s__exec], allow: ["k8s__e*", "git__log"]}
`)
	git, _ := r.Server("git")
	k8s, _ := r.Server("k8s")
	for _, tc := range []struct {
		client, profile string
		server          Server
		tool            string
		want            bool
	}{
		{"", "", k8s, "exec", true}, {"", "", k8s, "delete", false}, {"", "ops", k8s, "delete", true},
		{"codex", "", k8s, "events", true}, {"codex", "", k8s, "exec", false}, {"codex", "", k8s, "pods", false}, {"codex", "", git, "log", false},
		{"codex", "default", k8s, "exec", false}, {"codex", "default", git, "log", true}, {"codex", "default", git, "diff", false},
	} {
		p, err := r.ProfileFor(tc.client, tc.profile)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.AllowsTool(tc.server, tc.tool, ToolHint{}); got != tc.want {
			t.Errorf("client %q, profile %q: AllowsTool(%s, %q) = %v", tc.client, tc.profile, tc.server.Name, tc.tool, got)
		}
		bare := p.BareServer(tc.server.Name)
		if got := bare.AllowsTool(tc.server, tc.tool, ToolHint{}); got != tc.want {
			t.Errorf("client %q, profile %q, bare: AllowsTool(%s, %q) = %v", tc.client, tc.profile, tc.server.Name, tc.tool, got)
		}
	}
}

func TestResultLimits(t *testing.T) {
	r := parse(t, `
defaults: {max_structured_bytes: 10}
servers:
  git: {from: shipped}
  a:
    command: x
    max_result_bytes: 1000
    tools:
      "*": {max_result_bytes: 2000}
      "get_*": {max_structured_bytes: 0}
      get_log: {max_result_bytes: 0}
      "*_log": {enabled: false}
`)
	for _, tc := range []struct {
		server           ServerName
		tool             string
		text, structured int64
	}{
		{"git", "log", 96 << 10, 10}, {"a", "x", 2000, 10}, {"a", "get_x", 2000, 0}, {"a", "get_log", 0, 0},
	} {
		s, _ := r.Server(tc.server)
		if text, structured := s.ResultLimits(tc.tool); text != tc.text || structured != tc.structured {
			t.Errorf("%s: ResultLimits(%q) = %d, %d, want %d, %d", tc.server, tc.tool, text, structured, tc.text, tc.structured)
		}
	}
}
