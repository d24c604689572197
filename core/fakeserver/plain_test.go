package fakeserver

import (
	"strings"
	"testing"
)

// A plain server is without what some client stumbles over.
func TestPlain(t *testing.T) {
	p := start(t, Options{Plain: true})
	list, _ := p.ask("tools/list", `{}`)
	echo, _ := p.ask("tools/call", toolCall("echo", `{"a":0.10}`))
	for _, answer := range []string{list, echo} {
		for _, strange := range []string{"x-unknown", "x-tool", "x-first", "1e400", "oneOf", "9007199254740993"} {
			if strings.Contains(answer, strange) {
				t.Errorf("%s in %s", strange, answer)
			}
		}
	}
	if !strings.Contains(echo, `{\"a\":0.10}`) {
		t.Errorf("echo answers %s", echo)
	}
}
