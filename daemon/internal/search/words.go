package search

import (
	"strings"
	"unicode"
)

// common words say nothing of what a tool does.
var common = map[string]bool{
	"a": true, "all": true, "an": true, "and": true, "any": true, "are": true, "as": true, "at": true,
	"be": true, "by": true, "can": true, "did": true, "do": true, "does": true, "for": true, "from": true,
	"have": true, "how": true, "i": true, "if": true, "in": true, "is": true, "it": true, "its": true,
	"last": true, "me": true, "my": true, "of": true, "on": true, "or": true, "please": true, "some": true,
	"that": true, "the": true, "there": true, "this": true, "to": true, "was": true, "what": true, "when": true,
	"where": true, "which": true, "why": true, "will": true, "with": true, "you": true,
}

// words are the words of text, stemmed, without the common ones unless there
// are no others.
func words(text string) []string {
	var out, rest []string
	for _, w := range split(text) {
		if w = strings.ToLower(w); common[w] {
			rest = append(rest, w)
		} else {
			out = append(out, stem(w))
		}
	}
	if len(out) == 0 {
		return rest
	}
	return out
}

// split takes text apart at everything that is neither letter nor digit, and
// at the humps of camelCase and HTTPServer.
func split(text string) []string {
	var out []string
	runes := []rune(text)
	start := -1
	end := func(i int) {
		if start >= 0 {
			out = append(out, string(runes[start:i]))
		}
		start = -1
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			end(i)
			continue
		case start < 0:
		case unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1])):
			end(i)
		}
		if start < 0 {
			start = i
		}
	}
	end(len(runes))
	return out
}

// stem brings the forms of an English word together: files and file, queries
// and query, created, creating and create. What it returns need not be a word;
// it only has to be the same for all of them.
func stem(w string) string {
	if len(w) < 4 || strings.ContainsFunc(w, unicode.IsDigit) {
		return w
	}
	switch {
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		w = w[:len(w)-3] + "y"
	case hasSuffix(w, "sses", "shes", "ches", "xes", "zes"):
		w = w[:len(w)-2]
	case strings.HasSuffix(w, "s") && !hasSuffix(w, "ss", "us", "is", "as"):
		w = w[:len(w)-1]
	}
	switch {
	case strings.HasSuffix(w, "ing"):
		w = shorten(w, 3)
	case strings.HasSuffix(w, "ed"):
		w = shorten(w, 2)
	}
	if len(w) > 3 {
		w = strings.TrimSuffix(w, "e")
	}
	return w
}

// shorten takes n letters off, if a syllable remains, and one of a doubled
// last letter: running is run.
func shorten(w string, n int) string {
	short := w[:len(w)-n]
	if len(short) < 3 || !strings.ContainsAny(short, "aeiouy") {
		return w
	}
	last := short[len(short)-1]
	if last == short[len(short)-2] && !strings.ContainsRune("aeiouslz", rune(last)) {
		return short[:len(short)-1]
	}
	return short
}

func hasSuffix(w string, suffixes ...string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(w, s) {
			return true
		}
	}
	return false
}
