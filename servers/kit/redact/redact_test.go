package redact_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/kit/redact"
	"github.com/loom-core/loom/servers/kit/redact/redacttest"
)

func clean(s string) string {
	text, _ := new(redact.Redactor).Text(s)
	return text
}

func TestCorpus(t *testing.T) {
	for _, c := range redacttest.Corpus() {
		for name, text := range map[string]string{
			"alone": c.Text, "in a line": "before " + c.Text + " after", "in lines": "a\nb " + c.Text + "\nc\n",
			"in JSON": fmt.Sprintf("{\"a\":%q}", c.Text), "behind an escape": "%3D" + c.Text,
		} {
			got, n := new(redact.Redactor).Text(text)
			if n == 0 || strings.Contains(got, c.Secret) || c.Escaped() != "" && strings.Contains(got, c.Escaped()) {
				t.Errorf("%s, %s: %d in %q", c.Name, name, n, got)
			}
			if !strings.Contains(got, c.What) {
				t.Errorf("%s, %s: %q does not say %q", c.Name, name, got, c.What)
			}
			if again, n := new(redact.Redactor).Text(got); again != got || n != 0 {
				t.Errorf("%s, %s: twice makes %q of %q", c.Name, name, again, got)
			}
		}
	}
}

func TestHarmless(t *testing.T) {
	for _, text := range []string{
		"Authorization: required", "the authorization: header is missing", "Authorization: Bearer <token>", "Authorization: Bearer $TOKEN", "Authorization: Bearer ***",
		"https://example.org/a:b@c", "https://user@example.org", "http://127.0.0.1:9090/x", "postgres://user:${PASSWORD}@db", "postgres://user:****@db", "git@host:a/b.git",
		"ghp_short", "the glpat- prefix", "AKIA", "AKIAIOSFODNN7EXAMPLEANDMORE", "eyJhbGciOi", "a.b.c", "eyJ.eyJ.x",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
		"a key begins with -----BEGIN PRIVATE KEY----- and so on",
		`{"level":"info","ts":1795348800.5,"msg":"bearer of news","url":"http://a:1/b"}`, "job-token:", "authorization=", "sum by (job) (rate(x[5m]))",
		"commit 5bad845e0f7b6d2f1a3c4b5d6e7f8091a2b3c4d5", "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
	} {
		if got, n := new(redact.Redactor).Text(text); got != text || n != 0 {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestWhatStays(t *testing.T) {
	token := "glpat-" + strings.Repeat("x1", 10)
	for _, tc := range []struct{ in, want string }{
		{"a " + token + ", b", "a [redacted: GitLab token, 26 characters], b"},
		{"Authorization: Bearer abcdefgh\nnext", "Authorization: Bearer [redacted: Authorization, 8 characters]\nnext"},
		{`curl -H "Authorization: Basic dXNlcjpw" x`, `curl -H "Authorization: Basic [redacted: Authorization, 8 characters]" x`},
		{"map[Authorization:[Bearer abcdefgh] X:[y]]", "map[Authorization:[Bearer [redacted: Authorization, 8 characters]] X:[y]]"},
		{"postgres://u:%40b@db $ecret://u:$ecret@x", "postgres://u:[redacted: password, 4 characters]@db $ecret://u:[redacted: password, 6 characters]@x"},
		{"postgres://u:p@ss@db/x", "postgres://u:[redacted: password, 4 characters]@db/x"},
		{"https://oauth2:" + token + "@host/a.git", "https://oauth2:[redacted: password, 26 characters]@host/a.git"},
		{"x eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.abc.", "x [redacted: JWT, 39 characters]."},
	} {
		if got := clean(tc.in); got != tc.want {
			t.Errorf("%q\n got %q\nwant %q", tc.in, got, tc.want)
		}
	}
	if got, n := redact.Value("Bearer abcdefgh"); got != "Bearer [redacted: credential, 8 characters]" || n != 1 {
		t.Error(got, n)
	}
	if !redact.Header("Authorization") || !redact.Header("PRIVATE-TOKEN") || redact.Header("Accept") {
		t.Error("Header")
	}
}

// No text makes it slow: what is looked at twice would be a way to hold up a server.
// Eight times the text takes eight times as long, where it would be 64 times if each
// part were looked at once for each other. It is CPU time, and not once: this machine
// has other things to do.
func TestHostileTextIsFast(t *testing.T) {
	const short, times = 1 << 17, 8
	for _, unit := range []string{
		"AKIA", "authorization:", "token: ", "private-token: a ", "a://", "a://b:c", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "eyJa.", "a.eyJ", "bearer ", "glpat-", "ghp_",
		"npm_", "Authorization: Digest ", "authorization='", "[redacted: ", strings.Repeat("q9W8e7R6", 8) + " PRIVATE KEY ", "----", "\\n", "****", "x:x@",
	} {
		text := strings.Repeat(unit, short*times/len(unit))
		var less, more time.Duration
		for range 3 {
			less = max(took(text[:len(text)/times]), time.Millisecond)
			more = took(text)
			if more < 3*times*less {
				break
			}
		}
		if more >= 3*times*less {
			t.Errorf("%q up to %d bytes took %v, up to %d bytes %v", unit, len(text)/times, less, len(text), more)
		}
	}
}

// took is how long this process worked while text was looked through.
func took(text string) time.Duration {
	used := func() time.Duration {
		var u syscall.Rusage
		syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for no process of one's own
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	began := used()
	new(redact.Redactor).Text(text)
	return used() - began
}

func TestKeyLine(t *testing.T) {
	line := strings.Repeat("q9W8e7R6", 8)
	for _, text := range []string{line, "  " + line + "\n", `	"` + line + `\n" +`, line + "AAAAAA"} {
		if got, n := redact.KeyLine(text); n != 1 || strings.Contains(got, line) {
			t.Errorf("%q became %q", text, got)
		}
	}
	for _, text := range []string{"", line[:40], line + line, strings.Repeat("0a", 32), strings.Repeat("=", 64), "see " + line, strings.Repeat("Word", 16)} {
		if got, n := redact.KeyLine(text); n != 0 || got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	log := "12:00 -----BEGIN PRIVATE KEY-----\n12:00 " + line + "\n12:01 " + line + "\n12:02 -----END PRIVATE KEY-----\n"
	for _, text := range []string{log, "12:01 " + line + "\n" + log[:40]} {
		if got, n := new(redact.Redactor).Text(text); n == 0 || strings.Contains(got, line) {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestRulesAndSecrets(t *testing.T) {
	r := &redact.Redactor{
		Rules: []redact.Rule{
			func(s string) (spans []redact.Span) {
				if i := strings.Index(s, "pin "); i >= 0 {
					spans = append(spans, redact.Span{Start: i + 4, End: i + 8, What: "PIN"})
				}
				return spans
			},
			func(string) []redact.Span {
				return []redact.Span{{Start: -1, End: 4}, {Start: 0, End: 5000}, {Start: 3, End: 3}}
			}, // nonsense
		},
		Secrets: func() []string { return []string{"correct horse", "short", ""} },
	}
	got, n := r.Text("pin 1234, correct horse, short, correct horse")
	want := "pin [redacted: PIN, 4 characters], [redacted: credential of this server, 13 characters], short, [redacted: credential of this server, 13 characters]"
	if got != want || n != 3 {
		t.Errorf("%d in %q", n, got)
	}
}

func FuzzText(f *testing.F) {
	for _, c := range redacttest.Corpus() {
		f.Add(c.Text, "")
	}
	f.Add("Authorization", " [")
	secret := "ghp_" + strings.Repeat("a1B2", 9)
	f.Fuzz(func(t *testing.T, before, after string) {
		text := before + secret + " " + after
		got, n := new(redact.Redactor).Text(text)
		if n == 0 || strings.Contains(got, secret) {
			t.Errorf("%q became %q", text, got)
		}
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q became %q, which is no UTF-8", text, got)
		}
		again := got
		for range 3 { // what was hidden by one may join its neighbours
			again = clean(again)
		}
		if clean(again) != again {
			t.Errorf("%q does not come to rest", text)
		}
	})
}

func BenchmarkText(b *testing.B) {
	line := `2026-11-22T12:00:00Z level=info msg="request done" method=GET url=http://api.example.org:8080/v1/items?id=17 status=200 took=12.5ms trace=5bad845e-0f7b-6d2f` + "\n"
	text := strings.Repeat(line, 96<<10/len(line))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, n := new(redact.Redactor).Text(text); n != 0 {
			b.Fatal(n)
		}
	}
}
