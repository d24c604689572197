package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
)

const token = "s3cr3t/T0ken+äö&<\"x"

func known(values ...string) *Set {
	s := &Set{}
	s.Add(values...)
	return s
}

func TestForms(t *testing.T) {
	s := known(token)
	raw, _ := json.Marshal(map[string]string{"k": token})
	for name, text := range map[string]string{
		"plain":      token,
		"base64":     base64.StdEncoding.EncodeToString([]byte(token)),
		"base64 url": base64.URLEncoding.EncodeToString([]byte(token)),
		"base64 raw": base64.RawURLEncoding.EncodeToString([]byte(token)),
		"query":      url.QueryEscape(token),
		"path":       url.PathEscape(token),
		"component":  "s3cr3t%2FT0ken%2B%C3%A4%C3%B6%26%3C%22x",
		"small hex":  "s3cr3t%2fT0ken%2b%c3%a4%c3%b6%26%3c%22x",
		"json":       strings.TrimSuffix(strings.TrimPrefix(string(raw), `{"k":"`), `"}`),
		"go":         strings.Trim(fmt.Sprintf("%q", token), `"`),
		"wrapped":    base64.StdEncoding.EncodeToString([]byte(token))[:9] + "\r\n" + base64.StdEncoding.EncodeToString([]byte(token))[9:],
	} {
		if got, want := s.Text("a "+text+" b"), "a "+Mask+" b"; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestBase64OfMore(t *testing.T) {
	s := known("0123456789abcdef")
	for _, before := range []string{"", "u:", "me:", "user:", "someone:"} {
		for _, after := range []string{"", "!", "!!", "\n"} {
			got := s.Text("Basic " + base64.StdEncoding.EncodeToString([]byte(before+"0123456789abcdef"+after)))
			// What is left holds at most the bits of the letters at the ends.
			if !strings.Contains(got, Mask) || len(got) > len("Basic ")+len(Mask)+len(before)*4/3+8 {
				t.Errorf("after %q, before %q: %s", before, after, got)
			}
		}
	}
}

func TestNothingElse(t *testing.T) {
	s := known("short", "12345678", "  \n7 bytes\n ")
	for _, tc := range []struct{ in, want string }{
		{"", ""},
		{"short and 7 bytes stay", "short and 7 bytes stay"},
		{"1234567 12345679 2345678", "1234567 12345679 2345678"},
		{"12345678", Mask},
		{"1234567812345678", Mask + Mask},
		{"x12345678y", "x" + Mask + "y"},
		{"1234\n5678, and on", Mask + ", and on"},
		{"", ""},
	} {
		if tc.in == "1234567812345678" { // two that touch are one span or two: both hide them
			if got := s.Text(tc.in); strings.ContainsAny(got, "12345678") {
				t.Errorf("Text(%q) = %q", tc.in, got)
			}
			continue
		}
		if got := s.Text(tc.in); got != tc.want {
			t.Errorf("Text(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
	var none *Set
	if got := none.Text(token); got != token || none.Active() {
		t.Errorf("without a set: %q", got)
	}
}

func TestCutText(t *testing.T) {
	s := known("0123456789abcdef")
	for in, want := range map[string]string{
		"cut: 0123456":            "cut: 0123456",
		"cut: 01234567":           "cut: " + Mask,
		"cut: 0123456789abcde":    "cut: " + Mask,
		"no: 0123456789abcdX end": "no: 0123456789abcdX end",
	} {
		if got := s.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestStream(t *testing.T) {
	const value = "0123456789abcdef"
	for cut := 1; cut < len(value); cut++ {
		s := known(value).Stream()
		first, second := s.Text("a "+value[:cut]), s.Text(value[cut:]+" b")
		want := "a " + Mask
		if cut < Shortest {
			want = "a " + value[:cut]
		}
		if first != want || second != Mask+" b" {
			t.Errorf("cut at %d: %q, %q", cut, first, second)
		}
	}
	s := known(value).Stream()
	if got := []string{s.Text("0123"), s.Text("4567"), s.Text("89ab"), s.Text("cdef"), s.Text("more")}; fmt.Sprint(got) != fmt.Sprint([]string{"0123", Mask, Mask, Mask, "more"}) {
		t.Errorf("in pieces: %q", got)
	}
	// A value that becomes known while another is going on changes nothing.
	set := known(value)
	s = set.Stream()
	first := s.Text(value[:10])
	set.Add("somethingelse")
	if second := s.Text(value[10:]); first != Mask || second != Mask {
		t.Errorf("while values come: %q, %q", first, second)
	}
}

func TestSeveralLines(t *testing.T) {
	key := "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nEFAASCBKcwggSjAgEAAoIBAQ\n-----END KEY-----\n"
	set := known(key)
	s := set.Stream()
	for line := range strings.Lines(key) {
		if got := s.Text(strings.TrimSuffix(line, "\n")); got != Mask {
			t.Errorf("line %q: %q", line, got)
		}
	}
	if got := set.Text("line 2 is EFAASCBKcwggSjAgEAAoIBAQ, which"); got != "line 2 is "+Mask+", which" {
		t.Errorf("a part: %q", got)
	}
	if got := set.Text("-----BEGIN CERTIFICATE-----"); got != "-----BEGIN CERTIFICATE-----" {
		t.Errorf("another: %q", got)
	}
}

func TestWriter(t *testing.T) {
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(known(token).Writer(&out), &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	log.Info("it said", "err", fmt.Errorf("no %s here", token))
	log.Info("last", "err", token[:12])
	if want := "level=INFO msg=\"it said\" err=\"no [redacted] here\"\nlevel=INFO msg=last err=[redacted]\n"; out.String() != want {
		t.Errorf("the log is %q, want %q", out.String(), want)
	}
}

func TestOldestGo(t *testing.T) {
	s := &Set{}
	var values []string
	for i := range maxValues + 5 {
		values = append(values, fmt.Sprintf("value-%06d", i))
	}
	s.Add(values...)
	if s.Shows(values[4]) || !s.Shows(values[5]) || !s.Shows(values[maxValues+4]) {
		t.Error("not the oldest five are gone")
	}
}

// FuzzText splits a text that holds a value in any way: what comes out never
// holds the value, nor its encoded forms.
func FuzzText(f *testing.F) {
	f.Add("0123456789abcdef", "before ", " after", uint8(3), uint8(1))
	f.Add("aaaaaaaaaaaa", "aaa", "aaaaaaaa", uint8(5), uint8(0))
	f.Add("two\nlines of it", "x", "two\nlines", uint8(1), uint8(2))
	f.Add("abcabcabcabd", "abcabcabc", "abd", uint8(200), uint8(4))
	f.Fuzz(func(t *testing.T, value, before, after string, width, form uint8) {
		bare := oneLine(strings.TrimSpace(value))
		if !Masks(value) || strings.ContainsAny(bare, "[]") || strings.Contains(Mask, bare) || len(value) > 200 {
			return
		}
		s := known(value, "another value")
		all := forms(value)
		shown := all[int(form)%len(all)]
		text := before + shown + after
		if got := oneLine(s.Text(text)); strings.Contains(got, bare) || strings.Contains(got, shown) && !strings.ContainsAny(shown, "[]") {
			t.Errorf("Text(%q) = %q", text, got)
		}
		step := int(width) + 1
		stream, out := s.Stream(), ""
		for at := 0; at < len(text); at += step {
			out += stream.Text(text[at:min(at+step, len(text))])
		}
		if out = oneLine(out); strings.Contains(out, bare) {
			t.Errorf("in pieces of %d, %q = %q", step, text, out)
		}
	})
}

func BenchmarkText(b *testing.B) {
	line := strings.Repeat("level=info msg=\"GET /api/v1/query 200\" took=12ms ", 20)
	for _, n := range []int{0, 1, 100} {
		s := &Set{}
		for i := range n {
			s.Add(fmt.Sprintf("a-secret-of-some-length-%d", i))
		}
		b.Run(fmt.Sprintf("values=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				s.Text(line)
			}
		})
	}
}
