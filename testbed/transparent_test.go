package testbed_test

import (
	"testing"

	"github.com/loom-core/loom/testbed"
)

// TestSameAsDirect: what a client of a server's own era gets through Loom is
// what it gets directly, byte by byte but for the names.
func TestSameAsDirect(t *testing.T) {
	for _, era := range eras {
		t.Run(era, func(t *testing.T) {
			w := newWorld(t, surfaceOf(era, "session"))
			answers := func(f testbed.Frame) (string, string) { return `{"action":"decline","x":[0.10]}`, "" }
			direct := w.Direct(able(era, answers), "@fake", "-surface", "-era", era)
			through := w.Connect(able(era, answers))
			for _, q := range []struct{ method, params string }{
				{"tools/call", `{"name":"fake__echo","arguments":{"a":9007199254740993,"b":"<>&é","c":1e400}}`},
				{"tools/call", `{"name":"fake__error","arguments":{}}`},
				{"tools/call", `{"name":"fake__who","arguments":{}}`},
				{"tools/call", `{"name":"fake__need_url","arguments":{"tag":"T"}}`},
				{"tools/call", `{"name":"fake__ask","arguments":{"kind":"elicitation","tag":"T","times":2}}`},
				{"prompts/get", `{"name":"fake__greet","arguments":{"name":"<me>"}}`},
				{"prompts/get", `{"name":"fake__plain"}`},
				{"resources/read", `{"uri":"fake://fake/text"}`},
				{"resources/read", `{"uri":"fake://fake/blob"}`},
				{"resources/read", `{"uri":"fake://fake/items/17"}`},
				{"resources/read", `{"uri":"fake://fake/nothing"}`},
				{"completion/complete", `{"ref":{"type":"ref/prompt","name":"fake__greet"},"argument":{"name":"name","value":"a<"}}`},
				{"completion/complete", `{"ref":{"type":"ref/resource","uri":"fake://fake/items/{id}"},"argument":{"name":"id","value":"1"}}`},
				{"x/echo", `{"n":9007199254740993,"m":[ 1 , 2 ]}`},
			} {
				want := direct.AskMRTR(q.method, testbed.Bare(q.params, "fake"), nil)
				got := through.AskMRTR(q.method, q.params, nil)
				testbed.CompareFrames(t, "fake", want, got)
			}
			for _, list := range []string{"tools", "prompts", "resources", "resources/templates"} {
				want := direct.Ask(list+"/list", "{}")
				got := through.Ask(list+"/list", "{}")
				if list == "tools" {
					continue // Loom's own are among them
				}
				member := map[string]string{"prompts": "prompts", "resources": "resources", "resources/templates": "resourceTemplates"}[list]
				if a, b := testbed.Bare(got.Find(member), "fake"), want.Find(member); a != b {
					t.Errorf("%s/list through Loom\n%s\nand directly\n%s", list, a, b)
				}
			}
		})
	}
}
