package results

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/jsonrpc"
)

var git = Source{Server: "git", Tool: "log", Name: "git__log"}

func open(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// bound puts result into a frame, bounds it, and returns what became of it.
func bound(t testing.TB, s *Store, result string, l Limits, of Source) (string, *TooLarge) {
	t.Helper()
	frame := []byte(`{"jsonrpc":"2.0","id":7,"result":` + result + `}`)
	m, err := jsonrpc.Scan(frame)
	if err != nil {
		t.Fatal(err)
	}
	edits, large := s.Bound(frame, m.Result, l, of)
	if large != nil {
		if edits != nil {
			t.Error("a refused result has edits")
		}
		return "", large
	}
	out := jsonrpc.Splice(nil, frame, edits...)
	m, err = jsonrpc.Scan(out)
	if err != nil {
		t.Fatalf("%s became %s: %v", frame, out, err)
	}
	return string(m.Result.Of(out)), nil
}

// masked replaces the random id.
func masked(s *Store, text string) string {
	for _, m := range s.kept {
		text = strings.ReplaceAll(text, m.ID, "ID")
	}
	return text
}

func TestBound(t *testing.T) {
	const notice = `[loom: %d of %d bytes shown. The rest: loom__read_result {\"id\":\"ID\",\"offset\":%d} or resource loom://results/ID?offset=%d]`
	at := func(n, of int) string { return fmt.Sprintf(notice, n, of, n, n) }
	for _, tc := range []struct {
		name     string
		limits   Limits
		in, want string
		kind     Kind
	}{
		{name: "within", limits: Limits{Text: 10}, in: `{"content":[{"type":"text","text":"0123456789"}]}`, want: `{"content":[{"type":"text","text":"0123456789"}]}`},
		{name: "within, though not as JSON", limits: Limits{Text: 10}, in: `{"content":[{"type":"text","text":"\n\u00e9\ud834\udd1e123"}]}`, want: `{"content":[{"type":"text","text":"\n\u00e9\ud834\udd1e123"}]}`},
		{name: "no limits", in: `{"content":[{"type":"text","text":"0123456789"}]}`, want: `{"content":[{"type":"text","text":"0123456789"}]}`},
		{
			name: "at a line", limits: Limits{Text: 10},
			in:   `{"x":1e999,"content":[ {"text":"one two\n\nthree\/four","type":"text","_meta":{"a":[1]}} ], "isError":false}`,
			want: `{"x":1e999,"content":[ {"text":"one two\n\n` + at(9, 19) + `","type":"text","_meta":{"a":[1]}} ], "isError":false}`,
		},
		{
			name: "a line that ends too early does not count", limits: Limits{Text: 10},
			in:   `{"content":[{"type":"text","text":"one\ntwo three"}]}`,
			want: `{"content":[{"type":"text","text":"one\ntwo th\n` + at(10, 13) + `"}]}`,
		},
		{
			name: "an escaped backslash before an n is no line", limits: Limits{Text: 9},
			in:   `{"content":[{"type":"text","text":"C:\\news\\now"}]}`,
			want: `{"content":[{"type":"text","text":"C:\\news\\n\n` + at(9, 11) + `"}]}`,
		},
		{
			name: "not inside a rune", limits: Limits{Text: 5},
			in:   `{"content":[{"type":"text","text":"aéé€"}]}`,
			want: `{"content":[{"type":"text","text":"aéé\n` + at(5, 8) + `"}]}`,
		},
		{
			name: "not inside a surrogate pair", limits: Limits{Text: 5},
			in:   `{"content":[{"type":"text","text":"ab\ud834\udd1e"}]}`,
			want: `{"content":[{"type":"text","text":"ab\n` + at(2, 6) + `"}]}`,
		},
		{
			name: "half a pair is a rune of its own", limits: Limits{Text: 5},
			in:   `{"content":[{"type":"text","text":"ab\ud834\ud834\udd1e"}]}`,
			want: `{"content":[{"type":"text","text":"ab\ud834\n` + at(5, 9) + `"}]}`,
		},
		{
			name: "nothing fits", limits: Limits{Text: 1},
			in:   `{"content":[{"type":"text","text":"€"}]}`,
			want: `{"content":[{"type":"text","text":"` + at(0, 3) + `"}]}`,
		},
		{
			name: "later texts go, what is not text stays", limits: Limits{Text: 4, Structured: 300},
			in:   `{"content":[{"type":"text","text":"abc"},{"type":"text","text":"def"} , {"type":"text","text":"x"},{"type":"text","text":""}, {"type":"image","data":"AAAA","mimeType":"image/png"},{"type":"text","text":"y"},{"type":"resource_link","uri":"a:b","name":"n"}]}`,
			want: `{"content":[{"type":"text","text":"abc"},{"type":"text","text":"d\n` + at(5, 12) + `"}, {"type":"image","data":"AAAA","mimeType":"image/png"},{"type":"resource_link","uri":"a:b","name":"n"}]}`,
		},
		{
			name: "embedded resources", limits: Limits{Text: 4, Structured: 900},
			in:   `{"content":[{"type":"resource","resource":{"uri":"a:1","text":"abcdef"}},{"type":"resource","resource":{"uri":"a:2","text":"ghi"}},{"type":"resource","resource":{"uri":"a:3","text":""}},{"type":"resource","resource":{"uri":"a:4","blob":"AAAA"}}]}`,
			want: `{"content":[{"type":"resource","resource":{"uri":"a:1","text":"abcd\n` + at(4, 11) + `"}},{"type":"resource","resource":{"uri":"a:2","text":"[loom: 3 bytes not shown: loom__read_result {\"id\":\"ID\",\"offset\":7}]"}},{"type":"resource","resource":{"uri":"a:3","text":""}},{"type":"resource","resource":{"uri":"a:4","blob":"AAAA"}}]}`,
		},
		{
			name: "contents of a resource", limits: Limits{Text: 4}, kind: ResourceContents,
			in:   `{"contents":[{"uri":"a:1","text":"abcdef"},{"uri":"a:2","text":"ghi","mimeType":"x/y"}]}`,
			want: `{"contents":[{"uri":"a:1","text":"abcd\n` + at(4, 10) + `"},{"uri":"a:2","text":"[loom: 3 bytes not shown: loom__read_result {\"id\":\"ID\",\"offset\":7}]","mimeType":"x/y"}]}`,
		},
		{
			name: "structuredContent that says the same stays", limits: Limits{Text: 4, Structured: 200},
			in:   `{"content":[{"type":"text","text":"{\"a\":1}"}],"structuredContent":{"a":1}}`,
			want: `{"content":[{"type":"text","text":"{\"a\"\n` + at(4, 7) + `"}],"structuredContent":{"a":1}}`,
		},
		{
			name: "not complete", limits: Limits{Text: 4, Structured: 4},
			in:   `{"resultType":"input_required","requestState":"0123456789"}`,
			want: `{"resultType":"input_required","requestState":"0123456789"}`,
		},
		{
			name: "complete", limits: Limits{Text: 4},
			in:   `{"resultType":"complete","content":[{"type":"text","text":"01234"}]}`,
			want: `{"resultType":"complete","content":[{"type":"text","text":"0123\n` + at(4, 5) + `"}]}`,
		},
		{name: "odd shapes", limits: Limits{Text: 4}, in: `{"content":[1,null,{"type":"text","text":7},{"type":"video","text":"not known"},{"type":"resource","resource":"odd"}]}`, want: `{"content":[1,null,{"type":"text","text":7},{"type":"video","text":"not known"},{"type":"resource","resource":"odd"}]}`},
		{name: "content is no array", limits: Limits{Text: 4}, in: `{"content":{"type":"text","text":"0123456789"}}`, want: `{"content":{"type":"text","text":"0123456789"}}`},
		{name: "no object", limits: Limits{Text: 4}, in: `"0123456789"`, want: `"0123456789"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, of := open(t, Options{}), git
			of.Kind = tc.kind
			got, large := bound(t, s, tc.in, tc.limits, of)
			if large != nil {
				t.Fatal(large)
			}
			if got = masked(s, got); got != tc.want {
				t.Errorf("\n got %s\nwant %s", got, tc.want)
			}
			if changed := got != tc.in; changed != (len(s.kept) == 1) {
				t.Errorf("%d results kept", len(s.kept))
			}
			if len(s.kept) == 1 {
				if raw, err := s.open(s.kept[0]); err != nil || string(raw) != tc.in {
					t.Errorf("kept %s, %v", raw, err)
				}
			}
		})
	}
}

func TestWhatCannotBeCutIsRefused(t *testing.T) {
	limits := Limits{Text: 1000, Structured: 100}
	big := strings.Repeat("A", 200)
	for _, tc := range []struct{ name, in, read string }{
		{"image", `{"content":[{"type":"text","text":"caption"}, {"type":"image","data":"` + big + `"}]}`, `{"content":[{"type":"text","text":"caption"},{"type":"image","data":"` + big + `"}]}`},
		{"structured, its text says the same", `{"content":[{"type":"text","text":"{ \"a\": \"` + big + `\" }"}],"structuredContent":{"a":"` + big + `"}}`, `{ "a": "` + big + `" }`},
		{"structured, its text says something else", `{"content":[{"type":"text","text":"done"}],"structuredContent":{"a":"` + big + `"}}`, `{"content":[{"type":"text","text":"done"}],"structuredContent":{"a":"` + big + `"}}`},
		{"a list of nothing", `{"content":[` + strings.TrimSuffix(strings.Repeat(`{"type":"text","text":""},`, 9), ",") + `]}`, "{\"content\":[" + strings.TrimSuffix(strings.Repeat(`{"type":"text","text":""},`, 9), ",") + "]}"},
		{"both over", `{"content":[{"type":"text","text":"` + strings.Repeat("x", 2000) + `"}],"y":"` + big + `"}`, `{"content":[{"type":"text","text":"` + strings.Repeat("x", 2000) + `"}],"y":"` + big + `"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(t, Options{})
			_, large := bound(t, s, tc.in, limits, git)
			if large == nil {
				t.Fatal("passed")
			}
			for _, want := range []string{"git__log", "100 are allowed", `loom__read_result {"id":"` + large.ID + `","offset":0}`, URI(large.ID)} {
				if !strings.Contains(large.Message, want) {
					t.Errorf("%q lacks %q", large.Message, want)
				}
			}
			var result struct {
				IsError bool
				Content []struct{ Type, Text string }
			}
			if err := json.Unmarshal(large.Result(), &result); err != nil || !result.IsError || result.Content[0].Text != large.Message {
				t.Errorf("Result = %s", large.Result())
			}
			if got := readAll(t, s, large.ID, 1000); got != tc.read {
				t.Errorf("read %s", got)
			}
		})
	}
}

func TestASessionWithoutTheToolIsToldTheResource(t *testing.T) {
	s, of := open(t, Options{}), git
	of.NoReadTool = true
	got, _ := bound(t, s, `{"content":[{"type":"text","text":"0123456789"},{"type":"resource","resource":{"text":"abc"}}]}`, Limits{Text: 5}, of)
	want := `{"content":[{"type":"text","text":"01234\n[loom: 5 of 14 bytes shown. The rest: resource loom://results/ID?offset=5]"},{"type":"resource","resource":{"text":"[loom: 3 bytes not shown: resource loom://results/ID?offset=11]"}}]}`
	if got = masked(s, got); got != want {
		t.Errorf("got %s", got)
	}
	_, large := bound(t, s, `{"a":"0123456789"}`, Limits{Structured: 5}, of)
	if large == nil || strings.Contains(large.Message, "read_result") || !strings.Contains(large.Message, URI(large.ID)) {
		t.Errorf("refused: %v", large)
	}
}

func TestMaxResultChars(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want int64
		ok   bool
	}{
		{` {"name":"a","_meta":{"anthropic/maxResultSizeChars":500000}}`, 500000, true},
		{`{"_meta":{"anthropic/maxResultSizeChars":5e5}}`, 500000, true},
		{`{"_meta":{"anthropic/maxResultSizeChars":"500000"}}`, 0, false},
		{`{"_meta":{"anthropic/maxResultSizeChars":-1}}`, 0, false},
		{`{"_meta":{"anthropic/maxResultSizeChars":0}}`, 0, false},
		{`{"_meta":{"anthropic/maxResultSizeChars":1e300}}`, 0, false},
		{`{"anthropic/maxResultSizeChars":1}`, 0, false},
		{`{"name":"a"}`, 0, false},
		{``, 0, false},
	} {
		if got, ok := MaxResultChars([]byte(tc.in)); got != tc.want || ok != tc.ok {
			t.Errorf("MaxResultChars(%s) = %d, %v", tc.in, got, ok)
		}
	}
}

// FuzzBound holds Bound to what it promises of any result: the outcome is JSON,
// its text is a prefix of what is read at the offset that the notice names, no
// longer than the limit; the rest is no longer than its own; and only texts and
// items of text are not as they were.
func FuzzBound(f *testing.F) {
	for _, s := range []string{
		`{"content":[{"type":"text","text":"one\ntwo\nthree"},{"type":"text","text":"\ud834\udd1e\ud834x\\n€"},{"type":"image","data":"AAAA"},{"type":"text","text":"end"}],"structuredContent":{"a":[1,2]}}`,
		`{ "content" : [ {"type":"resource","resource":{"uri":"a:1","text":"abc"}} , {"type":"resource","resource":{"text":"def"}} ] }`,
		`{"content":[{"type":"text","text":"a","text":"bcdef"}],"content":[{"text":"ghijkl","type":"text"}]}`,
		`{"contents":[{"text":"abc"},{"uri":"x","text":"def"},{"blob":"AA"}]}`,
	} {
		f.Add(s, uint16(5), uint16(0), false)
		f.Add(s, uint16(3), uint16(300), true)
	}
	s, err := Open(f.TempDir(), Options{MaxBytes: 1 << 20})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, result string, textLimit, restLimit uint16, resource bool) {
		frame := []byte(`{"id":1,"result":` + result + `}`)
		m, err := jsonrpc.Scan(frame)
		if err != nil || string(m.Result.Of(frame)) != strings.Trim(result, " \t\r\n") {
			return
		}
		of, limits := git, Limits{Text: int64(textLimit), Structured: int64(restLimit)}
		if resource {
			of.Kind = ResourceContents
		}
		edits, large := s.Bound(frame, m.Result, limits, of)
		if large != nil {
			if got, want := readAll(t, s, large.ID, 7), string(read(m.Result.Of(frame), of.Kind, s.kept[len(s.kept)-1].View)); got != want {
				t.Fatalf("read %q, want %q", got, want)
			}
			return
		}
		out := jsonrpc.Splice(nil, frame, edits...)
		m2, err := jsonrpc.Scan(out)
		if err != nil || !json.Valid(out) {
			t.Fatalf("%s became %s: %v", frame, out, err)
		}
		if _, ok := jsonrpc.Find(frame, m.Result, "resultType"); len(edits) == 0 && ok {
			return
		}
		after, rest := textsOf(out, m2.Result, of.Kind), int64(len(m2.Result.Of(out)))
		eachText(out, m2.Result, of.Kind, func(t text) { rest -= int64(len(t.inner(out))) })
		if !within(rest, limits.Structured) {
			t.Fatalf("%d bytes of %s are not text, limit %d", rest, out, limits.Structured)
		}
		if len(edits) == 0 {
			if n := len(strings.Join(after, "")); !within(int64(n), limits.Text) {
				t.Fatalf("%d bytes of text, limit %d, and nothing was cut: %s", n, limits.Text, out)
			}
			return
		}
		kept := s.kept[len(s.kept)-1]
		all := readAll(t, s, kept.ID, 7)
		if want := string(read(m.Result.Of(frame), of.Kind, Text)); all != want || int64(len(all)) != kept.Total {
			t.Fatalf("read %q, want %q", all, want)
		}
		shown, cutAt := "", -1
		for i, text := range after {
			if j := strings.LastIndex(text, "[loom: "); cutAt < 0 && j >= 0 && strings.Contains(text, kept.ID) {
				cutAt, text = i, text[:j]
			} else if cutAt >= 0 {
				continue
			}
			if i > 0 {
				shown += "\n"
			}
			shown += text
		}
		if cutAt < 0 {
			t.Fatalf("no notice in %s", out)
		}
		budget := limits.Text + int64(cutAt) // separators are not counted
		if !strings.HasPrefix(all, strings.TrimSuffix(shown, "\n")) || int64(len(shown)) > budget+1 {
			t.Fatalf("%q is shown of %q, limit %d", shown, all, limits.Text)
		}
		if !reflect.DeepEqual(withoutTexts(t, frame, m.Result, of.Kind), withoutTexts(t, out, m2.Result, of.Kind)) {
			t.Fatalf("%s became %s", frame, out)
		}
	})
}

func textsOf(frame []byte, result jsonrpc.Span, of Kind) []string {
	var out []string
	eachText(frame, result, of, func(t text) {
		s, _ := jsonrpc.Text(t.Of(frame))
		out = append(out, s)
	})
	return out
}

// withoutTexts is a result without its texts, and without the items that are nothing else.
func withoutTexts(t testing.TB, frame []byte, result jsonrpc.Span, of Kind) any {
	var edits []jsonrpc.Edit
	eachText(frame, result, of, func(x text) {
		if x.resource {
			edits = append(edits, jsonrpc.Edit{Span: x.Span, With: []byte(`"text"`)})
		} else {
			edits = append(edits, jsonrpc.Edit{Span: x.item, With: []byte(`"gone"`)})
		}
	})
	raw := jsonrpc.Splice(nil, frame, edits...)
	var v any
	if err := json.Unmarshal(raw, &v); err != nil && !strings.Contains(err.Error(), "cannot unmarshal number") {
		t.Fatal(err)
	}
	strip(v)
	return v
}

func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if list, ok := x.([]any); ok {
				kept := []any{}
				for _, e := range list {
					if e != "gone" {
						kept = append(kept, e)
					}
				}
				v[k] = kept
			}
			strip(v[k])
		}
	}
}

func BenchmarkBound(b *testing.B) {
	line := strings.Repeat("some text, a line\\n", 14000) // 252 kB
	for _, bc := range []struct {
		name   string
		text   string
		limits Limits
	}{
		{"within", "some text", Limits{64 << 10, 1 << 20}},
		{"scanned", line, Limits{1 << 20, 64 << 10}},
		{"escapes", line, Limits{int64(len(line)) - 1, 64 << 10}},
		{"cut", line, Limits{64 << 10, 1 << 20}},
	} {
		frame := []byte(`{"jsonrpc":"2.0","id":17,"result":{"content":[{"type":"text","text":"` + bc.text + `"}]}}`)
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(bc.name, func(b *testing.B) {
			s := open(b, Options{})
			b.SetBytes(int64(len(frame)))
			b.ReportAllocs()
			for b.Loop() {
				if _, large := s.Bound(frame, m.Result, bc.limits, git); large != nil {
					b.Fatal(large)
				}
			}
		})
	}
}

func TestNothingIsAllocatedWithinTheLimits(t *testing.T) {
	s := open(t, Options{})
	for name, limits := range map[string]Limits{"at once": {1000, 1000}, "scanned": {1000, 150}, "escapes counted": {130, 150}} {
		frame := []byte(`{"jsonrpc":"2.0","id":17,"result":{"content":[{"type":"text","text":"` + strings.Repeat(`x\n`, 60) + `"}],"structuredContent":{"a":1}}}`)
		m, _ := jsonrpc.Scan(frame)
		if n := testing.AllocsPerRun(100, func() {
			if edits, large := s.Bound(frame, m.Result, limits, git); edits != nil || large != nil {
				t.Fatal("not within")
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
