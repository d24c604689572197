package registry

import (
	"reflect"
	"strings"
	"testing"
)

// What is shown means the same as what was read.
func TestShowIsARegistry(t *testing.T) {
	for name, data := range corpus(t, false) {
		r := parse(t, string(data))
		for _, origins := range []bool{false, true} {
			text, err := r.Show(View{Origins: origins})
			if err != nil {
				t.Fatal(err)
			}
			again, err := Parse(r.Path, text)
			if err != nil {
				t.Errorf("%s: what is shown is none: %v\n%s", name, err, text)
				continue
			}
			want, got := placeless(*r), placeless(*again)
			// Defaults are written out, and a shipped server has its own.
			want.defaults, got.defaults = defaults{}, defaults{}
			got.LearnWait = want.LearnWait
			for _, list := range [][]Server{want.Servers, got.Servers} {
				for i := range list {
					list[i].OwnCommand = false // its command is written out, too
					normal(&list[i])
				}
			}
			if !reflect.DeepEqual(want, got) {
				t.Errorf("%s: what is shown means\n%+v\nand not\n%+v\n%s", name, got, want, text)
			}
		}
	}
}

// normal makes empty lists of missing ones.
func normal(s *Server) {
	s.Args = append([]string{}, s.Args...)
	s.Categories = append([]string{}, s.Categories...)
	s.ClientEnv = append([]string{}, s.ClientEnv...)
	s.ReadOnlyTools = append([]string{}, s.ReadOnlyTools...)
	s.Vouched = nil
	s.Tools = append([]ToolRule{}, s.Tools...)
}

func TestShowOrigins(t *testing.T) {
	s := disk(t, map[string]string{
		"etc/policy.yaml":       "version: 1\ndeny: [\"*__drop*\"]\nservers: [corp]\n",
		"etc/registry.d/a.yaml": "servers:\n  corp: {command: corp-mcp, env: {A: b}}\n",
		"home/registry.yaml":    "servers:\n  corp: {timeout: 1m, env: {T: \"${secret:t}\"}}\n  own: {command: x}\n",
	})
	text, err := load(t, s).Show(View{Origins: true})
	if err != nil {
		t.Fatal(err)
	}
	shown := strings.ReplaceAll(string(text), strings.TrimSuffix(s.Machine, "/etc/registry.d"), "")
	for _, want := range []string{
		"# machine: /etc/registry.d/a.yaml\n# user: /home/registry.yaml\n# under /etc/policy.yaml:\n#   servers: [corp]\n#     policy /etc/policy.yaml:3\n#   deny: ['*__drop*']\n#     policy /etc/policy.yaml:2\n",
		"command: corp-mcp # machine /etc/registry.d/a.yaml:2\n", "A: b # machine /etc/registry.d/a.yaml:2\n", "T: ${secret:t} # user /home/registry.yaml:2\n",
		"timeout: 1m # user /home/registry.yaml:2\n", "drain: 30s # default\n", "enabled: false # forbidden by /etc/policy.yaml:3\n",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
}
