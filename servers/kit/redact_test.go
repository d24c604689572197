package kit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/kit/redact"
	"github.com/loom-core/loom/servers/kit/redact/redacttest"
)

type textArgs struct {
	Text string `arg:"text,raw"`
}

type note struct {
	Text string `json:"text"`
}

// echo is a server whose tools answer with what they are given.
func echo() *kit.Server {
	tool := func(name string, def kit.Def, answer func(text string) (*kit.Result, error)) kit.Tool {
		def.Name, def.Hints = name, kit.ReadLocal
		return kit.NewTool(def, func(_ context.Context, a textArgs) (*kit.Result, error) { return answer(a.Text) })
	}
	return &kit.Server{Name: "t", Version: "1", Tools: []kit.Tool{
		tool("get_record", kit.Def{Output: note{}}, func(text string) (*kit.Result, error) { return kit.Record(note{text}), nil }),
		tool("get_key", kit.Def{ListName: "x"}, func(text string) (*kit.Result, error) {
			return kit.Records(map[string]string{text: "v"}, kit.Slice(kit.Paging{PerPage: 9}, []int{})), nil
		}),
		tool("list_records", kit.Def{ListName: "notes"}, func(text string) (*kit.Result, error) {
			return kit.Records(nil, kit.Slice(kit.Paging{PerPage: 9}, []note{{"a"}, {text}})), nil
		}),
		tool("get_payload", kit.Def{}, func(text string) (*kit.Result, error) { return kit.Payload(note{"a"}, "b\n"+text+"\n"), nil }),
		tool("get_metadata", kit.Def{}, func(text string) (*kit.Result, error) { return kit.Payload(note{text}, "b"), nil }),
		tool("get_error", kit.Def{}, func(text string) (*kit.Result, error) { return nil, fmt.Errorf("it said %s", text) }),
		tool("get_hint", kit.Def{}, func(text string) (*kit.Result, error) {
			return nil, kit.Errorf(kit.NotFound, "no").WithHint("%s", text)
		}),
		tool("get_panic", kit.Def{}, func(text string) (*kit.Result, error) { panic(text) }),
	}}
}

// No way out of the kit carries a credential, in either half, and each says
// that something was taken out.
func TestEveryAnswerIsRedacted(t *testing.T) {
	s := echo()
	c := kittest.Connect(t, s)
	for _, tool := range s.Tools {
		for _, credential := range redacttest.Corpus() {
			for _, text := range []string{credential.Text, "\x1b[31m" + credential.Text[:5] + "\u200b" + credential.Text[5:]} {
				r := c.Call(tool.Name(), map[string]any{"text": text})
				all := kittest.Text(r) + string(r.RawStructuredContent)
				if strings.Contains(all, credential.Secret) || !strings.Contains(all, credential.What) {
					t.Errorf("%s, %s: %s", tool.Name(), credential.Name, all)
				}
				if !strings.Contains(all, `redacted":1`) && !strings.Contains(all, "redacted: 1") {
					t.Errorf("%s, %s: nothing is reported: %s", tool.Name(), credential.Name, all)
				}
			}
		}
		if text := kittest.Text(c.Call(tool.Name(), map[string]any{"text": "harmless"})); strings.Contains(text, "redacted") {
			t.Errorf("%s: %s", tool.Name(), text)
		}
	}
}

// A cap cannot cut a credential into a piece that nobody knows.
func TestRedactedBeforeItIsCut(t *testing.T) {
	secret := "glpat-" + strings.Repeat("s3cr3t", 400)
	c := kittest.Connect(t, echo())
	for _, tool := range []string{"list_records", "get_payload"} {
		r := c.Call(tool, map[string]any{"text": secret, "max_bytes": 2048})
		if all := kittest.Text(r) + string(r.RawStructuredContent); r.IsError || strings.Contains(all, "s3cr3t") {
			t.Errorf("%s: %s", tool, all)
		}
	}
}

// A cursor is no credential, however long it is and whatever is in it.
func TestCursorsAreNotRedacted(t *testing.T) {
	c := kittest.Connect(t, echo())
	for n := range 200 {
		state := strings.Repeat("q9W8e7R6", n/8) + "q9W8e7R6"[:n%8]
		cursor := kit.EncodeCursor("key", state)
		for _, tool := range []string{"get_record", "list_records", "get_metadata", "get_payload"} {
			if text := c.MustText(tool, map[string]any{"text": cursor}); !strings.Contains(text, cursor) {
				t.Errorf("%s: a cursor of %d characters is gone: %s", tool, len(cursor), text)
			}
		}
		var back string
		if err := kit.DecodeCursor("key", cursor, &back); err != nil || back != state {
			t.Errorf("%q came back as %q: %v", state, back, err)
		}
	}
}

func TestRedactorOfTheServer(t *testing.T) {
	type object = map[string]any
	s := &kit.Server{Name: "t", Version: "1",
		Redact: redact.Redactor{
			Secrets: func() []string { return []string{"the-server's-own"} },
			Mask: func(get func(string) string) []string {
				if get("kind") == "Secret" {
					return []string{"data", "stringData"}
				}
				return nil
			},
		},
		Tools: []kit.Tool{kit.NewTool(kit.Def{Name: "list_objects", Hints: kit.ReadLocal, ListName: "objects"},
			func(context.Context, struct{}) (*kit.Result, error) {
				return kit.Records(nil, kit.Slice(kit.Paging{PerPage: 9}, []object{
					{"kind": "Secret", "data": object{"password": "aHVudGVyMg==", "more": []string{"cGxhaW4="}, "n": 1}, "stringData": "plain"},
					{"kind": "ConfigMap", "data": object{"note": "the-server's-own"}},
					{"headers": object{"authorization": "Bearer abcdefgh", "accept": "Bearer"}},
				})), nil
			})},
	}
	text := kittest.Connect(t, s).MustText("list_objects", nil)
	for _, want := range []string{"password=", "[redacted: data, 12 characters]", "[redacted: data, 8 characters]", "[redacted: stringData, 5 characters]",
		"[redacted: credential of this server, 16 characters]", "Bearer [redacted: credential, 8 characters]", "accept=Bearer", "redacted: 5\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q: %s", want, text)
		}
	}
	for _, secret := range []string{"aHVudGVyMg", "cGxhaW4", "plain", "own", "abcdefgh"} {
		if strings.Contains(text, secret) {
			t.Errorf("has %q: %s", secret, text)
		}
	}
}
