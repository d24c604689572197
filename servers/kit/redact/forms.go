package redact

import "strings"

// form is a credential that begins with a text of its own.
type form struct {
	prefix string
	least  int // characters after the prefix
	most   int // 0: any
	what   string
	chars  *set
}

var (
	word     = newSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
	token    = newSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
	dotted   = newSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
	upper    = newSet("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
	base64   = newSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=")
	anything = newSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.~+/=:%!#$&()*?@^|")
)

var forms = []form{
	{"glpat-", 16, 0, "GitLab token", dotted}, {"gldt-", 16, 0, "GitLab token", dotted}, {"glrt-", 16, 0, "GitLab token", dotted},
	{"glptt-", 16, 0, "GitLab token", dotted}, {"glcbt-", 16, 0, "GitLab token", dotted}, {"glagent-", 16, 0, "GitLab token", dotted},
	{"glsoat-", 16, 0, "GitLab token", dotted}, {"glft-", 16, 0, "GitLab token", dotted}, {"glimt-", 16, 0, "GitLab token", dotted},
	{"gloas-", 16, 0, "GitLab token", dotted},
	{"ghp_", 16, 0, "GitHub token", word}, {"gho_", 16, 0, "GitHub token", word}, {"ghu_", 16, 0, "GitHub token", word},
	{"ghs_", 16, 0, "GitHub token", dotted}, {"ghr_", 16, 0, "GitHub token", word}, {"github_pat_", 16, 0, "GitHub token", word},
	{"glsa_", 16, 0, "Grafana token", word}, {"glc_", 24, 0, "Grafana token", base64},
	{"npm_", 30, 0, "npm token", word}, {"hvs.", 20, 0, "Vault token", token},
	{"xoxb-", 16, 0, "Slack token", token}, {"xoxp-", 16, 0, "Slack token", token}, {"xoxa-", 16, 0, "Slack token", token},
	{"xoxr-", 16, 0, "Slack token", token}, {"xoxs-", 16, 0, "Slack token", token},
	{"sk-ant-", 20, 0, "API key", token}, {"sk_live_", 16, 0, "API key", word},
	{"AKIA", 16, 16, "AWS key", upper}, {"ASIA", 16, 16, "AWS key", upper},
}

// byEnd finds forms by the last byte of their prefix, which is rarer in text
// than the first: one pass over the text looks at few places.
var byEnd = func() (table [256][]form) {
	for _, f := range forms {
		last := f.prefix[len(f.prefix)-1]
		table[last] = append(table[last], f)
	}
	return table
}()

// anchors are the bytes at which there is something to look at.
var anchors = func() (is [256]bool) {
	for c := range is {
		is[c] = byEnd[c] != nil
	}
	for _, c := range []byte("-:=.Bb") {
		is[c] = true
	}
	return is
}()

// find is one pass over s for everything that is known by its form.
func find(s string) (spans []Span) {
	if len(s) < shortest {
		return nil
	}
	done := 0 // what is before belongs to a span
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !anchors[c] {
			continue
		}
		span := at(s, i, done)
		if span.End <= max(i, done) {
			continue
		}
		span.Start = max(span.Start, done)
		spans = append(spans, span)
		done = span.End
		i = span.End - 1
	}
	return spans
}

// at is the credential that the byte at i gives away, empty if there is none.
func at(s string, i, done int) Span {
	for _, f := range byEnd[s[i]] {
		start := i + 1 - len(f.prefix)
		if start < done || s[i-1] != f.prefix[len(f.prefix)-2] || s[start:i+1] != f.prefix {
			continue
		}
		rest := s[i+1:]
		if f.most > 0 {
			rest = rest[:min(len(rest), f.most+1)]
		}
		end := i + 1 + f.chars.run(rest)
		if n := end - i - 1; n >= f.least && (f.most == 0 || n <= f.most) {
			return Span{start, end, f.what}
		}
	}
	switch s[i] {
	case '-':
		if strings.HasPrefix(s[i:], pemBegin) && (i == 0 || s[i-1] != '-') {
			return privateKey(s, i)
		}
	case '.':
		return jwt(s, i, done)
	case 'B', 'b':
		return bearer(s, i)
	case ':':
		if strings.HasPrefix(s[i:], "://") {
			return password(s, i)
		}
		return named(s, i, done)
	case '=':
		return named(s, i, done)
	}
	return Span{}
}

const (
	pemBegin = "-----BEGIN "
	pemKey   = "PRIVATE KEY" // and what a PGP block adds
	// pemMost is over any key: an end that is further away belongs to another.
	pemMost = 16 << 10
)

// privateKey is a PEM block from its first dash to its last, also one whose
// lines end in \n, as in JSON. One without an end goes as far as it looks like one.
func privateKey(s string, i int) Span {
	head := s[i:min(len(s), i+80)]
	name := head[len(pemBegin):]
	close := strings.Index(name, "-----")
	if close < 0 || !strings.Contains(name[:close], pemKey) || strings.ContainsAny(name[:close], "\n\"") {
		return Span{}
	}
	body := i + len(pemBegin) + close + 5
	rest := s[body:min(len(s), body+pemMost)]
	end := "-----END " + name[:close] + "-----"
	if n := strings.Index(rest, end); n >= 0 {
		return Span{i, body + n + len(end), "private key"}
	}
	// Words of base64, the last may be short.
	stop := 0
	for stop < len(rest) {
		gap := stop
		for gap < len(rest) && (strings.IndexByte(" \t\r\n\\|>", rest[gap]) >= 0 || rest[gap] == 'n' && rest[gap-1] == '\\') {
			gap++
		}
		n := base64.run(rest[gap:])
		if n < 16 {
			break
		}
		stop = gap + n
	}
	if stop == 0 {
		return Span{}
	}
	return Span{i, body + stop, "private key"}
}

// jwt is three parts or more with dots between; the first two begin a JSON object.
func jwt(s string, dot, done int) Span {
	if !strings.HasPrefix(s[dot+1:], "eyJ") {
		return Span{}
	}
	start := dot
	for start > done && token.has(s[start-1]) {
		start--
	}
	i := strings.Index(s[start:dot], "eyJ")
	if i < 0 || dot-start-i < 10 {
		return Span{}
	}
	start += i
	end := dot + 1 + token.run(s[dot+1:])
	if end == len(s) || s[end] != '.' {
		return Span{}
	}
	for end < len(s) && s[end] == '.' {
		n := token.run(s[end+1:])
		if n == 0 {
			break
		}
		end += 1 + n
	}
	return Span{start, end, "JWT"}
}

// bearer is a token that is called one outside of a header.
func bearer(s string, i int) Span {
	const name = "bearer "
	if len(s) < i+len(name) || !strings.EqualFold(s[i:i+len(name)], name) {
		return Span{}
	}
	start := i + len(name)
	n := anything.run(s[start:])
	if n < 20 || !strings.ContainsAny(s[start:start+n], "0123456789") {
		return Span{}
	}
	return Span{start, start + n, "bearer token"}
}

// password is the one in a URL: scheme://user:password@host.
func password(s string, colon int) Span {
	if colon == 0 || !word.has(s[colon-1]) {
		return Span{}
	}
	start := colon + len("://")
	end := start
	for end < len(s) && end-start < 1024 && strings.IndexByte(" \t\r\n\"'`<>\\/?#", s[end]) < 0 {
		end++
	}
	at := strings.LastIndexByte(s[start:end], '@')
	if at < 0 {
		return Span{}
	}
	user, secret, ok := strings.Cut(s[start:start+at], ":")
	if !ok || placeholder(secret) {
		return Span{}
	}
	return Span{start + len(user) + 1, start + at, "password"}
}

// placeholder tells what people write where a secret goes: ***, ${NAME},
// $NAME, <token>, {{ token }}, %s.
func placeholder(v string) bool {
	if strings.Trim(v, "*xX.…") == "" || v == "%s" || v == "%v" {
		return true
	}
	last := v[len(v)-1]
	switch v[0] {
	case '<':
		return last == '>'
	case '{':
		return last == '}' || v == "{{"
	case '$':
		return len(v) > 1 && (v[1] == '{' || v[1] == '(' || word.run(v[1:]) == len(v)-1 && strings.ToUpper(v) == v)
	}
	return false
}
