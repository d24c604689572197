package kit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

type everyArg struct {
	kit.Paging
	Query  string            `arg:"query,required"`
	Number int               `arg:"number" min:"1" max:"50"`
	Ratio  *float64          `arg:"ratio" min:"0"`
	On     *bool             `arg:"on"`
	Names  []string          `arg:"names"`
	Match  []string          `arg:"match,nosplit"`
	Labels map[string]string `arg:"labels"`
	Kind   string            `arg:"kind" enum:"branch,tag" alias:"type" default:"branch"`
	Text   string            `arg:"text,raw"`
	Ref    string            `arg:"ref"`
	Big    int               `arg:"big"`
}

// echoServer answers with the arguments as the handler saw them.
func echoServer() *kit.Server {
	echo := func(_ context.Context, a everyArg) (*kit.Result, error) {
		deref := func(v any) string { raw, _ := json.Marshal(v); return string(raw) }
		return kit.Payload(nil, fmt.Sprintf("page=%d per_page=%d query=%q number=%d ratio=%s on=%s names=%q match=%q labels=%v kind=%s text=%q ref=%q big=%d",
			a.Page, a.PerPage, a.Query, a.Number, deref(a.Ratio), deref(a.On), a.Names, a.Match, a.Labels, a.Kind, a.Text, a.Ref, a.Big)), nil
	}
	def := kit.Def{Name: "get_args", Title: "Get arguments", Description: "x", Hints: kit.ReadLocal, PerPage: 10, MaxPerPage: 50}
	write := def
	write.Name, write.Hints.ReadOnly = "set_args", kit.No
	return &kit.Server{Name: "t", Version: "1", Tools: []kit.Tool{kit.NewTool(def, echo), kit.NewTool(write, echo)}}
}

func TestArgumentsCoerce(t *testing.T) {
	c := kittest.Connect(t, echoServer())
	for _, tc := range []struct{ args, want string }{
		{`{"query":"x"}`, `page=1 per_page=10 query="x" number=0 ratio=null on=null names=[] match=[] labels=map[] kind=branch text="" ref="" big=0`},
		{`{"q":" x "}`, `query="x"`},
		{`{"expr":"x"}`, `query="x"`}, {`{"logql":"x"}`, `query="x"`}, {`{"promql":"x"}`, `query="x"`},
		{`{"query":5}`, `query="5"`},
		{`{"query":"x","number":"5"}`, `number=5`},
		{`{"query":"x","issue_number":5}`, `number=5`}, {`{"query":"x","pullNumber":5}`, `number=5`},
		{`{"query":"x","iid":5}`, `number=5`}, {`{"query":"x","mergeRequestIid":5}`, `number=5`}, {`{"query":"x","index":5}`, `number=5`},
		{`{"query":"x","perPage":"7"}`, `per_page=7`}, {`{"query":"x","limit":7}`, `per_page=7`}, {`{"query":"x","page_size":7}`, `per_page=7`}, {`{"query":"x","pageSize":7}`, `per_page=7`},
		{`{"query":"x","per_page":5000}`, `per_page=50`}, {`{"query":"x","per_page":0}`, `per_page=1`},
		{`{"query":"x","page":"3"}`, `page=3`},
		{`{"query":"x","ratio":"0.5"}`, `ratio=0.5`}, {`{"query":"x","ratio":0}`, `ratio=0`}, {`{"query":"x","ratio":1e2}`, `ratio=100`},
		{`{"query":"x","on":"True"}`, `on=true`}, {`{"query":"x","on":false}`, `on=false`},
		{`{"query":"x","names":"a, b,"}`, `names=["a" "b"]`}, {`{"query":"x","names":"a"}`, `names=["a"]`},
		{`{"query":"x","names":["a",1,true]}`, `names=["a" "1" "true"]`}, {`{"query":"x","names":"[\"a\",\"b\"]"}`, `names=["a" "b"]`}, {`{"query":"x","names":7}`, `names=["7"]`},
		{`{"query":"x","match":"{a=\"1\",b=\"2\"}"}`, `match=["{a=\"1\",b=\"2\"}"]`},
		{`{"query":"x","labels":{"a":1}}`, `labels=map[a:1]`}, {`{"query":"x","labels":"a=1,b=2"}`, `labels=map[a:1 b:2]`}, {`{"query":"x","labels":"{\"a\":\"1\"}"}`, `labels=map[a:1]`},
		{`{"query":"x","kind":"TAG"}`, `kind=tag`}, {`{"query":"x","type":"tag"}`, `kind=tag`},
		{`{"query":"x","text":" a\n"}`, `text=" a\n"`},
		{`{"query":"x","sha":"abc"}`, `ref="abc"`}, {`{"query":"x","branch":"b"}`, `ref="b"`},
		{`{"query":"x","number":null,"names":"","on":" "}`, `number=0 ratio=null on=null names=[]`},
		{`{"query":"x","q":"x"}`, `query="x"`},
		{`{"query":"x","big":9007199254740993}`, `big=9007199254740993`},
		{`"{\"query\":\"inside a string\"}"`, `query="inside a string"`},
	} {
		if got := c.MustText("get_args", json.RawMessage(tc.args)); !strings.Contains(got, tc.want) {
			t.Errorf("%s\n got %s\nwant %s", tc.args, got, tc.want)
		}
	}
}

func TestArgumentsRefused(t *testing.T) {
	c := kittest.Connect(t, echoServer())
	for _, tc := range []struct{ args, want string }{
		{`{}`, `argument "query" is required`}, {`null`, `argument "query" is required`}, {`{"query":" "}`, `argument "query" is required`},
		{`[1]`, `not a JSON object`},
		{`{"query":"x","number":"099"}`, `argument "number": want a whole number, got "099"`},
		{`{"query":"x","number":"+5"}`, `want a whole number`}, {`{"query":"x","number":5.5}`, `want a whole number, got 5.5`},
		{`{"query":"x","number":51}`, `51 is outside of 1 to 50`},
		{`{"query":"x","number":99999999999999999999}`, `out of range`},
		{`{"query":"x","ratio":"NaN"}`, `want a number`}, {`{"query":"x","ratio":-1}`, `too small`},
		{`{"query":"x","on":1}`, `want true or false, got 1`},
		{`{"query":{}}`, `want text, got an object`}, {`{"query":"x","names":[[1]]}`, `want a list of texts`}, {`{"query":"x","labels":"a"}`, `want an object or name=value`},
		{`{"query":"x","kind":"tga"}`, `"tga" is not one of branch, tag, did you mean "tag"?`},
		{`{"query":"x","qeury":"y"}`, `unknown argument "qeury", did you mean "query"?`},
		{`{"query":"x","per_pgae":1}`, `did you mean "per_page"?`},
		{`{"query":"x","zzzzzzzz":1}`, `unknown argument "zzzzzzzz"`},
		{`{"query":"x","q":"y"}`, `arguments "q" and "query" both set query, to different values`},
		{`{"query":"x","cursor":"zz"}`, `cursor is not one of this tool`},
		{`{"number":"a","nmaes":"b"}`, `argument "number": want a whole number, got "a"; argument "query" is required; unknown argument "nmaes", did you mean "names"?`},
	} {
		if got := c.MustFail("get_args", json.RawMessage(tc.args), kit.InvalidArgument); !strings.Contains(got, tc.want) || !strings.Contains(got, "Hint: get_args takes page, per_page, query (required)") {
			t.Errorf("%s\n got %s\nwant %s", tc.args, got, tc.want)
		}
	}
	// A wrong value is no missing one.
	if got := c.MustFail("get_args", json.RawMessage(`{"query":{}}`), kit.InvalidArgument); strings.Contains(got, "is required") {
		t.Errorf("got %s", got)
	}
	// What a write goes to is not guessed from another name.
	c.MustFail("set_args", json.RawMessage(`{"query":"x","sha":"abc"}`), kit.InvalidArgument)
}

func TestNewToolPanicsOnAMistake(t *testing.T) {
	for name, declare := range map[string]func(){
		"type": func() {
			declare[struct {
				A chan int `arg:"a"`
			}]()
		},
		"option": func() {
			declare[struct {
				A int `arg:"a,requird"`
			}]()
		},
		"twice": func() {
			declare[struct {
				A int `arg:"a"`
				B int `arg:"a"`
			}]()
		},
		"alias": func() {
			declare[struct {
				A int `arg:"a" alias:"b"`
				B int `arg:"b"`
			}]()
		},
		"default": func() {
			declare[struct {
				A int `arg:"a" default:"x"`
			}]()
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			declare()
		})
	}
}

func declare[A any]() {
	kit.NewTool(kit.Def{Name: "get_x"}, func(context.Context, A) (*kit.Result, error) { return nil, nil })
}

// FuzzArguments: whatever a model sends, it gets a result.
func FuzzArguments(f *testing.F) {
	f.Add(`{"query":"x","labels":"a=1","names":[1,[2]],"cursor":"eyJrIjoi"}`)
	f.Add(`"{\"page\":-1}"`)
	f.Fuzz(func(t *testing.T, args string) {
		if !json.Valid([]byte(args)) {
			return
		}
		text := kittest.Text(kittest.Connect(t, echoServer()).Call("get_args", json.RawMessage(args)))
		if strings.HasPrefix(text, "ERROR ") != strings.HasPrefix(text, "ERROR invalid_argument: ") {
			t.Errorf("%s: %s", args, text)
		}
	})
}
