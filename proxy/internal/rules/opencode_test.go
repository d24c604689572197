package rules

import (
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// TestOpenCodeSame: what a mapping says of a tool of the server, it says of that tool in
// Loom, for tools that come later as well.
func TestOpenCodeSame(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	tools := []string{"list", "delete_repo", "list_all", "a_tool_whose_name_is_far_too_long_for_any_client_there_is"}
	later := append(slices.Clone(tools), "list_later", "delete_later", "l")
	last := func(o configfile.Object, name string) any {
		for i := len(o) - 1; i >= 0; i-- {
			if ok, _ := path.Match(o[i].Key, name); ok { // no name has a slash
				return o[i].Value
			}
		}
		return nil
	}
	for range 150 {
		var o configfile.Object
		for range r.IntN(7) {
			key := pick("*", "github_*", "git*", "*_list", "*delete*", "github_l?st", "github_delete_repo", "github_"+tools[3], "linear_*", "g?thub_l*", "loom_*", "*_*", "github", "bash")
			if _, there := o.Get(key); !there {
				o = append(o, configfile.Member{Key: key, Value: pick("allow", "ask", "deny")})
			}
		}
		text, _, err := configfile.Change(configfile.JSONC, nil, []configfile.Edit{{Path: []string{"permission"}, Value: o}})
		if err != nil {
			t.Fatal(err)
		}
		move := Move{From: "github", Server: "hub", Tools: tools, Name: expose("hub")}
		plan := Takeover{Client: "opencode", Moves: []Move{move}, Files: []File{{Path: "/home/u/.config/opencode/opencode.json", Format: configfile.JSONC, Owner: User, Data: text}}}.Plan()
		if len(plan.Blocked) > 0 {
			t.Fatalf("%s: %+v", text, plan.Blocked)
		}
		after := text
		for _, w := range plan.Rewrites {
			after = apply(t, w)
		}
		f, err := configfile.Parse(configfile.JSONC, after)
		if err != nil {
			t.Fatal(err)
		}
		entries, _, err := f.Entries("permission")
		if err != nil {
			t.Fatal(err)
		}
		var now configfile.Object
		for _, e := range entries {
			now = append(now, configfile.Member{Key: e.Key, Value: e.Value})
		}
		for _, tool := range later {
			exposed := expose("hub")(tool)
			if exposed != "hub__"+tool && !slices.Contains(tools, tool) {
				continue
			}
			was, is := last(o, "github_"+tool), last(now, "loom_"+exposed)
			if was != is && (was != nil || is == "allow" && !slices.ContainsFunc(plan.Notes, func(n Note) bool { return n.From == "github" })) {
				t.Fatalf("%s was %v and is %v:\n%s\n%s", tool, was, is, text, after)
			}
			for _, other := range []string{"linear_list", "loom_linear__list", "bash", "github_list"} {
				if last(o, other) != last(now, other) {
					t.Fatalf("%s changed:\n%s\n%s", other, text, after)
				}
			}
		}
		if strings.Contains(string(after), "\x01") {
			t.Fatalf("%s", after)
		}
	}
}
