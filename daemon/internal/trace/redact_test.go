package trace

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loom-core/loom/daemon/internal/redact"
)

func TestRedact(t *testing.T) {
	long := strings.Repeat("é", 150)
	for _, c := range []struct{ name, in, want string }{
		{"nothing to hide", `{"jsonrpc":"2.0","id":1,"params":{"a":[1,2.50,true,null,"<é>"],"n":12345678901234567890}}`,
			`{"jsonrpc":"2.0","id":1,"params":{"a":[1,2.50,true,null,"<é>"],"n":12345678901234567890}}`},
		{"names", `{"Password":"a","API_KEY":"b","api-key":"c","Set-Cookie":"d","x":{"clientSecret":"e","keys":"f"}}`,
			`{"Password":"[redacted]","API_KEY":"[redacted]","api-key":"[redacted]","Set-Cookie":"[redacted]","x":{"clientSecret":"[redacted]","keys":"f"}}`},
		{"what is below a name", `{"credentials":{"user":"a","list":["b",{"c":"d"}],"pin":1234,"on":true}}`,
			`{"credentials":{"user":"[redacted]","list":["[redacted]",{"c":"[redacted]"}],"pin":"[redacted]","on":true}}`},
		{"counts of tokens", `{"maxTokens":100,"token":5,"progressToken":"p-1","token2":"x"}`, `{"maxTokens":100,"token":5,"progressToken":"p-1","token2":"[redacted]"}`},
		{"an escape in a name", `{"p\u0061ssword":"a"}`, `{"password":"[redacted]"}`},
		{"a name beside its value", `{"env":[{"name":"DB_PASSWORD","value":"a"},{"name":"HOME","value":"/h"}]}`,
			`{"env":[{"name":"DB_PASSWORD","value":"[redacted]"},{"name":"HOME","value":"/h"}]}`},
		{"options", `{"args":["--token","a","-v","b","--token=c"]}`, `{"args":["--token","[redacted]","-v","b","--token=[redacted]"]}`},
		{"JSON inside of text", `{"text":" {\"token\":\"a\",\"x\":\"[{\\\"secret\\\":\\\"b\\\"}]\"}"}`, `{"text":"{\"token\":\"[redacted]\",\"x\":\"[{\\\"secret\\\":\\\"[redacted]\\\"}]\"}"}`},
		{"text", `{"text":"password: hunter1, user=me\nAuthorization: Bearer abc def\nhttps://me:pw@host/?token=abc&x=1"}`,
			`{"text":"password: [redacted], user=me\nAuthorization: [redacted]\nhttps://me:[redacted]@host/?token=[redacted]&x=1"}`},
		{"shapes", `["ghp_abcdefghij0123456789","glpat-abcdefghij","eyJhbGciOiJI.eyJzdWIi.c2ln","Bearer 0123456789","global-configuration"]`,
			`["[redacted]","[redacted]","[redacted]","[redacted]","global-configuration"]`},
		{"a key", `["x -----BEGIN RSA PRIVATE KEY-----\nabc"]`, `["x [redacted]"]`},
		{"known", `{"a":"is unk<n>own!","b":["unk<n>own"],"unk<n>own":1,"n":55512345,"m":155512345.0}`, `{"a":"is [redacted]!","b":["[redacted]"],"[redacted]":1,"n":"[redacted]","m":"[redacted]"}`},
		{"known, in JSON inside of text", `{"a":"{\"b\":\"unk\\u003cn>own\"}"}`, `{"a":"{\"b\":\"[redacted]\"}"}`},
		{"short values are no secrets", `{"a":"abc"}`, `{"a":"abc"}`},
		{"long", `{"a":"` + long + `"}`, `{"a":"` + strings.Repeat("é", 100) + `… (300 bytes)"}`},
		{"long, and known at its end", `{"a":"` + strings.Repeat("x", 197) + `unk<n>own"}`, `{"a":"` + strings.Repeat("x", 197) + `[re… (206 bytes)"}`},
		{"a long number", `{"a":1` + strings.Repeat("0", 300) + `}`, `{"a":"[redacted]"}`},
		{"no JSON", `listening, token=abc`, `"listening, token=[redacted]"`},
		{"no UTF-8", "\xff", `"�"`},
		{"nothing", "", `""`},
		{"a batch", `[{"password":"a"}]`, `[{"password":"[redacted]"}]`},
	} {
		if got := string(shown([]byte(c.in), known("unk<n>own", "55512345", "abc"))); got != c.want {
			t.Errorf("%s: shown(%s)\n got %s\nwant %s", c.name, c.in, got, c.want)
		}
	}
}

func known(values ...string) *redact.Set {
	s := &redact.Set{}
	s.Add(values...)
	return s
}

func TestRedactIsBounded(t *testing.T) {
	var object strings.Builder
	for n := range 5000 {
		fmt.Fprintf(&object, `,"b%d":{"c":["%s"]}`, n, strings.Repeat("x", 150))
	}
	for _, c := range []struct{ name, in, want string }{
		{"members", `{"a":1` + object.String() + `}`, `"…":"`},
		{"elements", `[` + strings.Repeat(`[1,2,3],`, 20000) + `1]`, ` more"]`},
		{"a frame", `["` + strings.Repeat("x", maxFrame) + `"]`, `"[1048580 bytes: too long to show]"`},
		{"levels", strings.Repeat(`[`, 5000) + strings.Repeat(`]`, 5000), `"[nested too deep to show]"`},
		{"levels of text", nestedText(12), `\\`},
	} {
		got := shown([]byte(c.in), nil)
		if !json.Valid(got) || len(got) > maxBody+4<<10 || !strings.Contains(string(got), c.want) {
			t.Errorf("%s: %d bytes, valid %v: %.300s", c.name, len(got), json.Valid(got), got)
		}
	}
}

// nestedText is JSON inside of a string inside of JSON, and so on.
func nestedText(depth int) string {
	text := "x"
	for range depth {
		raw, _ := json.Marshal([]string{text})
		text = string(raw)
	}
	return text
}

// FuzzRedact: whatever comes, what is shown is JSON, is not long, and has no
// known secret in it.
func FuzzRedact(f *testing.F) {
	const secret = `s3"cr\t<é`
	quoted, _ := json.Marshal(secret)
	for _, s := range []string{
		`{"a":` + string(quoted) + `,"b":["x` + string(quoted[1:]) + `]}`, `{"token":{"a":[1,"b"]}}`, nestedText(4), secret, `{"a":"` + strings.Repeat("x", 500) + `"}`,
		`{"name":"TOKEN","value":1e400}`, "[[[{}]]] ", `{"a":"\ud800{\"password\":1}"}`, `["--secret","a"]`, "Authorization: Bearer 12345678",
		strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		got := shown(frame, known(secret, "another one"))
		if !json.Valid(got) || !utf8.Valid(got) {
			t.Fatalf("shown(%q) = %q: no JSON", frame, got)
		}
		if len(got) > maxBody+4<<10+len(frame)/4 {
			t.Fatalf("shown(%q) has %d bytes", frame, len(got))
		}
		var all any
		if json.Unmarshal(got, &all) == nil && shows(all, secret) || strings.Contains(string(got), "another one") {
			t.Fatalf("shown(%q) = %s shows the secret", frame, got)
		}
	})
}

// shows looks for a text in every string of a decoded value.
func shows(v any, secret string) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, secret)
	case []any:
		for _, e := range v {
			if shows(e, secret) {
				return true
			}
		}
	case map[string]any:
		for k, e := range v {
			if strings.Contains(k, secret) || shows(e, secret) {
				return true
			}
		}
	}
	return false
}
