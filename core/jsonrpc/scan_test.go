package jsonrpc

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestScanFindsTheEnvelope(t *testing.T) {
	for _, tc := range []struct {
		name, in                        string
		kind                            Kind
		id, method, params, result, err string
	}{
		{"request", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"id":2,"method":"b"}}`, Request, `1`, `"a"`, `{"id":2,"method":"b"}`, ``, ``},
		{"big id", `{"id":9007199254740993,"method":"a"}`, Request, `9007199254740993`, `"a"`, ``, ``, ``},
		{"string id, odd order and space", " { \"result\" : [ ] , \"id\" : \"x\\\"y\" }\r", Response, `"x\"y"`, ``, ``, `[ ]`, ``},
		{"error", `{"id":null,"error":{"code":-1,"message":"m","data":{"result":1}}}`, Response, `null`, ``, ``, ``, `{"code":-1,"message":"m","data":{"result":1}}`},
		{"notification", `{"method":"notifications/x","vendor":{"a":[1,{"b":"]}"}]}}`, Notification, ``, `"notifications/x"`, ``, ``, ``},
		{"escaped member name", `{"\u0069d":7,"method":"a"}`, Request, `7`, `"a"`, ``, ``, ``},
		{"a log line", `{"level":"info","msg":"started"}`, Invalid, ``, ``, ``, ``, ``},
		{"result and error", `{"id":1,"result":1,"error":{}}`, Invalid, `1`, ``, ``, `1`, `{}`},
		{"empty", `{}`, Invalid, ``, ``, ``, ``, ``},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := Scan([]byte(tc.in))
			if err != nil {
				t.Fatal(err)
			}
			if m.Kind() != tc.kind {
				t.Errorf("Kind = %v, want %v", m.Kind(), tc.kind)
			}
			for _, s := range []struct {
				what string
				got  Span
				want string
			}{{"id", m.ID, tc.id}, {"method", m.Method, tc.method}, {"params", m.Params, tc.params}, {"result", m.Result, tc.result}, {"error", m.Error, tc.err}} {
				if got := string(s.got.Of([]byte(tc.in))); got != s.want {
					t.Errorf("%s = %s, want %s", s.what, got, s.want)
				}
			}
		})
	}
}

func TestScanRefuses(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{``, "unexpected end"},
		{`{`, "unexpected end"},
		{`{"id":1`, "unexpected end"},
		{`{"id":tru}`, "expected a value"},
		{`{"id":01}`, "expected ','"},
		{`{"id":1.}`, "expected a digit"},
		{`{"id":[1,2}}`, "expected ','"},
		{`{"id":[1,]}`, "expected a value"},
		{`{"a":{"b":1,}}`, "expected a member's name"},
		{`{"a" 1}`, "expected ':'"},
		{"{\"a\":\"x\x01y\"}", "control character"},
		{`{"a":"\x"}`, "invalid escape"},
		{`{"a":"\u12g4"}`, "invalid escape"},
		{"{\"a\":\"\xff\"}", "invalid UTF-8"},
		{`{} {}`, "text after"},
		{`{"id":1,"id":2}`, "occurs twice"},
		{`[{"id":1}]`, "batch"},
		{`"x"`, "not a JSON object"},
		{`starting server`, "expected a value"},
		{`{"a":` + strings.Repeat("[", 20000), "too deep"},
	} {
		if _, err := Scan([]byte(tc.in)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("Scan(%.40q) = %v, want %q", tc.in, err, tc.want)
		}
	}
}

func TestScanTakesDeepNesting(t *testing.T) {
	deep := `{"params":` + strings.Repeat(`{"a":[`, 2000) + `1` + strings.Repeat(`]}`, 2000) + `}`
	if _, err := Scan([]byte(deep)); err != nil {
		t.Fatal(err)
	}
}

func TestFindAndSplice(t *testing.T) {
	frame := []byte(`{"id":5,"method":"tools/call","params":{"name":"a__b","x<>&":9007199254740993,"_meta":{"progressToken":"tok"}}}`)
	m, err := Scan(frame)
	if err != nil {
		t.Fatal(err)
	}
	name, _ := Find(frame, m.Params, "name")
	token, ok := Find(frame, m.Params, "_meta", "progressToken")
	if !ok {
		t.Fatal("no progressToken")
	}
	if _, ok := Find(frame, m.Params, "name", "deeper"); ok {
		t.Error("found a member of a string")
	}
	got := string(Splice(nil, frame, Edit{m.ID, []byte(`42`)}, Edit{name, []byte(`"b"`)}, Edit{token, []byte(`7`)}))
	want := `{"id":42,"method":"tools/call","params":{"name":"b","x<>&":9007199254740993,"_meta":{"progressToken":7}}}`
	if got != want {
		t.Errorf("Splice:\n got %s\nwant %s", got, want)
	}
}

func TestElements(t *testing.T) {
	frame := []byte(`{"result":[ {"a":1}, "x,]" ,3,[]]}`)
	m, _ := Scan(frame)
	var got []string
	Elements(frame, m.Result, func(v Span) bool { got = append(got, string(v.Of(frame))); return true })
	if s := strings.Join(got, "|"); s != `{"a":1}|"x,]"|3|[]` {
		t.Errorf("Elements = %s", s)
	}
}

// FuzzScan holds Scan to encoding/json: what one takes as an object the other
// takes too, and the spans are values.
func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"id":1,"method":"x","params":{"a":[1,2.5e-3,"\u00e9\ud83d"]}}`, `{"a":tru}`, `[]`, `{"id":"\\"}`, "{\"a\":\"\x80\"}", `{"result":{},"id":-0}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Scan(data)
		trusted, trustedErr := ScanTrusted(data) // on anything: it must stay within it
		if err == nil && (trustedErr != nil || trusted != m) {
			t.Fatalf("ScanTrusted(%q) = %v, %v, want %v", data, trusted, trustedErr, m)
		}
		for _, s := range []Span{trusted.Params, trusted.Result, trusted.Error} {
			Members(data, s, func(_ string, value Span) bool {
				if err == nil && !json.Valid(value.Of(data)) {
					t.Fatalf("member %v of %q is %q", value, data, value.Of(data))
				}
				return true
			})
			Elements(data, s, func(value Span) bool {
				if err == nil && !json.Valid(value.Of(data)) {
					t.Fatalf("element %v of %q is %q", value, data, value.Of(data))
				}
				return true
			})
		}
		var any map[string]json.RawMessage
		if want := json.Unmarshal(data, &any) == nil && any != nil; (err == nil) != want {
			var syntax *SyntaxError
			if errors.Is(err, ErrDuplicateMember) || errors.As(err, &syntax) && syntax.What == "invalid UTF-8" {
				return // stricter on purpose
			}
			t.Fatalf("Scan(%q) = %v, encoding/json takes it: %v", data, err, want)
		}
		for _, s := range []Span{m.ID, m.Method, m.Params, m.Result, m.Error} {
			if s.Present() && !json.Valid(s.Of(data)) {
				t.Fatalf("span %v of %q is %q", s, data, s.Of(data))
			}
		}
	})
}

// What a peer hands over cut off, or with something behind it, is no message
// for the quick scan either.
func TestScanTrustedWantsAWholeMessage(t *testing.T) {
	whole := `{"jsonrpc":"2.0","id":"\\\"}","result":{"a":["}",{"b\"":"]"}],"c":tru}}`
	if _, err := ScanTrusted([]byte(whole)); err != nil {
		t.Fatalf("the whole: %v", err)
	}
	for n := range len(whole) {
		if _, err := ScanTrusted([]byte(whole[:n])); err == nil {
			t.Errorf("%s is taken for a message", whole[:n])
		}
	}
	for _, tc := range []string{whole + "}", whole + whole, "[" + whole + "]", `{"id":1,"id":2}`, `{"id":}`, `{"id":,}`, `{"id":1:2}`, `{"id" 1}`} {
		if _, err := ScanTrusted([]byte(tc)); err == nil {
			t.Errorf("%s is taken for a message", tc)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	for name, scan := range map[string]func([]byte) (Message, error){"full": Scan, "trusted": ScanTrusted} {
		for size, text := range map[string]string{
			"200B": strings.Repeat("x", 120), "256KiB": strings.Repeat("some text, a line\\n", 14000),
			"256KiB-quotes": strings.Repeat(`{\"name\":\"x\"},`, 14000),
		} {
			frame := []byte(`{"jsonrpc":"2.0","id":17,"result":{"content":[{"type":"text","text":"` + text + `"}]}}`)
			b.Run(name+"/"+size, func(b *testing.B) {
				b.SetBytes(int64(len(frame)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := scan(frame); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func TestMarshalKeepsTheTextOfOthers(t *testing.T) {
	raw := json.RawMessage(`{"n":1e400,"html":"<&>","e":"\u00e9"}`)
	got, err := Marshal(struct{ Raw json.RawMessage }{raw})
	if want := `{"Raw":` + string(raw) + `}`; err != nil || string(got) != want {
		t.Errorf("Marshal gives %s, %v; want %s", got, err, want)
	}
}
