package cli

import (
	"errors"
	"strings"
	"testing"
)

const testSchema = `{"type":"object","required":["text"],"properties":{
	"text":{"type":"string"}, "n":{"type":"integer"}, "x":{"type":"number"}, "on":{"type":"boolean"},
	"maybe":{"type":["string","null"]}, "either":{"anyOf":[{"type":"integer"},{"type":"string"}]},
	"words":{"type":"array","items":{"type":"string"}}, "numbers":{"type":"array","items":{"$ref":"#/$defs/n"}},
	"list":{"type":"array"}, "nested":{"type":"array","items":{"type":"array","items":{"type":"integer"}}},
	"box":{"type":"object"}, "any":{}, "kind":{"enum":["a","b"]}, "loop":{"$ref":"#/$defs/loop"}},
	"$defs":{"n":{"type":"integer"},"loop":{"$ref":"#/$defs/loop"}}}`

func TestParseArguments(t *testing.T) {
	for _, c := range []struct {
		args string // separated by blanks
		want string // or the error, after "error: "
	}{
		{"", `{}`},
		{`{"a":1}`, `{"a":1}`},
		{`{"a":1} b=2`, `error: "{\"a\":1}" is neither a JSON object nor NAME=VALUE`},
		{`[1]`, `error: "[1]" is neither a JSON object nor NAME=VALUE`},
		{`{`, `error: the arguments must be a JSON object: unexpected end of JSON input`},
		{"-", `{"from":"stdin"}`},
		{"text=x", `{"text":"x"}`},
		{"text=5", `{"text":"5"}`},
		{"text=", `{"text":""}`},
		{"text=a=b", `{"text":"a=b"}`},
		{`text="q"`, `{"text":"\"q\""}`},
		{"text:=5", `{"text":5}`},
		{"text:=x", "error: the value of text:= is not JSON: x"},
		{"n=5", `{"n":5}`},
		{"n=12345678901234567890", `{"n":12345678901234567890}`},
		{"n=5.0", `{"n":5.0}`},
		{"n=x", `error: n wants integer, not "x"`},
		{`n="5"`, `error: n wants integer, not "\"5\""`},
		{"n=", `error: n wants integer, not ""`},
		{"x=5", `{"x":5}`},
		{"on=true", `{"on":true}`},
		{"on=yes", `error: on wants boolean, not "yes"`},
		{"maybe=null", `{"maybe":null}`},
		{"maybe=x", `{"maybe":"x"}`},
		{"either=5", `{"either":5}`},
		{"either=x", `{"either":"x"}`},
		{"words=a", `{"words":["a"]}`},
		{"words=a words=5", `{"words":["a","5"]}`},
		{`words=["a","b"]`, `{"words":["a","b"]}`},
		{`words=["a"] words=b`, "error: words is given twice, and it is not a list of single values"},
		{"numbers=1 numbers=2", `{"numbers":[1,2]}`},
		{"numbers=a", `error: numbers wants list of integer, not "a"`},
		{"list=a list=1", `{"list":["a",1]}`},
		{"nested=[[1]]", `{"nested":[[1]]}`},
		{`box={"a":1}`, `{"box":{"a":1}}`},
		{"box=a", `error: box wants object, not "a"`},
		{"any=5", `{"any":5}`},
		{"any=x", `{"any":"x"}`},
		{"unknown=true", `{"unknown":true}`},
		{"unknown=x unknown=y", "error: unknown is given twice, and it is not a list of single values"},
		{"kind=a", `{"kind":"a"}`},
		{"kind=c", `{"kind":"c"}`}, // the server knows better
		{"loop=x", `{"loop":"x"}`},
		{"text=b n=1 x=2", `{"text":"b","n":1,"x":2}`},
		{"=x", `error: "=x" is neither a JSON object nor NAME=VALUE`},
		{":=x", `error: ":=x" is neither a JSON object nor NAME=VALUE`},
	} {
		look := func() (schema, error) { return parseSchema([]byte(testSchema)), nil }
		got, err := parseArguments(strings.Fields(c.args), strings.NewReader("{\n\"from\": \"stdin\"}\n"), look)
		text := string(got)
		if err != nil {
			text = "error: " + err.Error()
		}
		if text != c.want {
			t.Errorf("parseArguments(%s)\n got %s\nwant %s", c.args, text, c.want)
		}
	}
}

func TestParseArgumentsLooksOnlyForPairs(t *testing.T) {
	broken := func() (schema, error) { return schema{}, errors.New("asked loomd") }
	for args, want := range map[string]bool{"": false, "{}": false, "-": false, "a=b": true} {
		_, err := parseArguments(strings.Fields(args), strings.NewReader("{}"), broken)
		if (err != nil) != want {
			t.Errorf("parseArguments(%q): %v", args, err)
		}
	}
}

func TestParseSchemaEnds(t *testing.T) {
	refs := strings.TrimSuffix(strings.Repeat(`{"$ref":"#/$defs/a"},`, 100), ",")
	s := parseSchema([]byte(`{"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"string","anyOf":[` + refs + `]}}}`))
	if got := s.properties[0].typeText(); got != "string" {
		t.Errorf("got %s", got)
	}
}

func FuzzParseArguments(f *testing.F) {
	f.Add(testSchema, "words=a", "words=b")
	f.Add(`{"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/a"}]}}}`, "a=1", "a:=2")
	f.Add(`{"properties":{"a":{"items":[]}}}`, "a=1", "b:=2")
	f.Fuzz(func(t *testing.T, raw, a, b string) {
		look := func() (schema, error) { return parseSchema([]byte(raw)), nil }
		got, err := parseArguments([]string{a, b}, strings.NewReader(""), look)
		if err != nil {
			return
		}
		if _, err := object(got, "the result"); err != nil || strings.Contains(string(got), "\n") {
			t.Errorf("parseArguments(%q, %q) = %s: %v", a, b, got, err)
		}
	})
}
