package redact

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// headers and settings whose values are credentials. What has a scheme in
// front of the credential, as Authorization, may also stand in prose.
var headers = map[string]struct {
	what   string
	strict bool // the value is a credential whatever it looks like
}{
	"authorization":         {"Authorization", false},
	"proxy-authorization":   {"Authorization", false},
	"private-token":         {"token", true},
	"job-token":             {"token", true},
	"deploy-token":          {"token", true},
	"x-api-key":             {"API key", true},
	"x-auth-token":          {"token", true},
	"x-vault-token":         {"token", true},
	"x-gitlab-token":        {"token", true},
	"aws_secret_access_key": {"AWS key", true},
	"aws_session_token":     {"AWS key", true},
	"secretaccesskey":       {"AWS key", true},
	"sessiontoken":          {"AWS key", true},
}

// names are the keys of headers, the longest first.
var names = slices.SortedFunc(maps.Keys(headers), func(a, b string) int {
	return cmp.Or(len(b)-len(a), strings.Compare(a, b))
})

// named is the value after a colon or an equals sign, when the name before it
// is that of a header or ends in one: Authorization: Bearer x,
// "authorization":"Bearer x", X-Forwarded-Authorization:[Bearer x].
func named(s string, sep, done int) Span {
	end := sep
	for end > done && sep-end < 4 && strings.IndexByte(" \t\"'\\", s[end-1]) >= 0 {
		end--
	}
	if end <= done || strings.IndexByte("nNyY", s[end-1]) < 0 { // authorization, token, key
		return Span{}
	}
	i := slices.IndexFunc(names, func(name string) bool {
		return end-done >= len(name) && strings.EqualFold(s[end-len(name):end], name)
	})
	if i < 0 {
		return Span{}
	}
	known := headers[names[i]]
	value := sep + 1
	for value < len(s) && value-sep < 8 && strings.IndexByte(" \t\"'\\>[", s[value]) >= 0 && !strings.HasPrefix(s[value:], marked) {
		value++
	}
	from, to := credential(s[value:], known.strict)
	if from == to {
		return Span{}
	}
	return Span{value + from, value + to, known.what}
}

// schemes of Authorization. With parameters the credential goes on to the end
// of the line.
var schemes = map[string]struct{ parameters bool }{
	"bearer": {}, "basic": {}, "token": {}, "negotiate": {}, "ntlm": {}, "apikey": {}, "api-key": {}, "splunk": {}, "key": {},
	"digest": {true}, "oauth": {true}, "hawk": {true}, "aws4-hmac-sha256": {true}, "signature": {true},
}

// Bounds of a value. Prose has no words of longWord, so that is taken for a
// credential whatever it looks like, and no text is scanned twice.
const (
	longWord      = 128
	maxParameters = 8 << 10
)

var (
	ends      = newSet("\n\r\"'\\]`")      // of what is quoted, or of the line
	separates = newSet("\n\r\"'\\]` \t,;") // and of a word
)

// credential is where in the value of a header the credential is. strict: it is
// one whatever it looks like.
func credential(v string, strict bool) (start, end int) {
	if strings.HasPrefix(v, marked) {
		return 0, 0
	}
	first := v[:separates.until(v)]
	scheme, ok := schemes[strings.ToLower(first[:min(len(first), longWord)])]
	if ok {
		start = len(first)
		for start < len(v) && v[start] == ' ' {
			start++
		}
	}
	if scheme.parameters {
		end = start + ends.until(v[start:min(len(v), start+maxParameters)])
	} else {
		end = start + separates.until(v[start:])
	}
	value := v[start:end]
	switch {
	case value == "", strings.HasPrefix(value, marked), placeholder(value):
		return 0, 0
	case strict && len(value) >= shortest, ok && len(value) >= 4, len(value) >= longWord:
		return start, end
	case len(value) >= shortest && strings.ContainsAny(value, "0123456789+/=_"):
		return start, end
	}
	return 0, 0 // a word of prose
}
