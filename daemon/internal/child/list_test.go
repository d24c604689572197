package child

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/core/mcp"
)

// scripted is a legacy server with those capabilities that gives these answers,
// one after the other, to whatever it is asked.
func scripted(t *testing.T, capabilities string, answers ...string) *Process {
	t.Helper()
	script := `answer() { read -r line; echo "$line" >&2; printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$1" "$2"; }` + "\n" +
		`answer 1 '"result":{"protocolVersion":"2025-03-26","capabilities":` + capabilities + `,"serverInfo":{"name":"s"}}'` + "\nread -r initialized\n"
	for i, a := range answers {
		script += "answer " + string(rune('2'+i)) + " '" + a + "'\n"
	}
	s := spec(t, "-c", script+"read -r end\n")
	s.Path, s.Era = "/bin/sh", Legacy
	return run(t, s)
}

func asked(p *Process) []string { return p.spec.Stderr.Tail(p.from, 100) }

func TestListsAreReadByTheirOwnNames(t *testing.T) {
	p := scripted(t, `{"prompts":{},"resources":{}}`,
		`"result":{"tools":[{"name":"t"}]}`,
		`"result":{"prompts":[{"name":"a","title":"x"},{"title":"nameless"}],"nextCursor":"c<1>"}`,
		`"result":{"prompts":[{ "name":"b" }]}`,
		`"result":{"resources":[{"name":"no","uri":"x://1"}]}`,
		`"error":{"code":-32601,"message":"no templates"}`)
	for _, tc := range []struct {
		kind ListKind
		want string
	}{
		{mcp.ToolList, `t={"name":"t"}`}, // although it declares none
		{mcp.PromptList, `a={"name":"a","title":"x"} b={ "name":"b" }`},
		{mcp.ResourceList, `x://1={"name":"no","uri":"x://1"}`},
		{mcp.TemplateList, ``},
	} {
		list, err := p.List(t.Context(), tc.kind)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range list {
			got = append(got, d.Name+"="+string(d.Raw))
		}
		if s := strings.Join(got, " "); s != tc.want {
			t.Errorf("%s: %s, want %s", tc.kind.Method, s, tc.want)
		}
	}
	if p.Info().Version != "2025-03-26" {
		t.Errorf("version %q", p.Info().Version)
	}
	p.Stop()
	got := strings.Join(asked(p), "\n")
	for _, want := range []string{`"method":"tools/list"}`, `"method":"prompts/list"}`, `"method":"prompts/list","params":{"cursor":"c<1>"}}`, `"method":"resources/list"}`, `"method":"resources/templates/list"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s was not asked for in:\n%s", want, got)
		}
	}
}

func TestWhatIsNotDeclaredIsNotAskedFor(t *testing.T) {
	for _, capabilities := range []string{`{}`, `null`, `{"prompts":null,"x":{"resources":{}}}`} {
		p := scripted(t, capabilities)
		for _, kind := range []ListKind{mcp.PromptList, mcp.ResourceList, mcp.TemplateList} {
			if list, err := p.List(t.Context(), kind); err != nil || len(list) != 0 {
				t.Errorf("%s: %v, %v", kind.Method, list, err)
			}
		}
		p.Stop()
		if got := asked(p); len(got) != 1 {
			t.Errorf("%s: asked %q", capabilities, got)
		}
	}
}

func TestARefusedListIsAnError(t *testing.T) {
	p := scripted(t, `{"prompts":{}}`, `"error":{"code":-32603,"message":"broken"}`)
	if _, err := p.List(t.Context(), mcp.PromptList); err == nil || !strings.Contains(err.Error(), "asking fake for prompts/list") || !strings.Contains(err.Error(), "broken") {
		t.Errorf("got %v", err)
	}
}
