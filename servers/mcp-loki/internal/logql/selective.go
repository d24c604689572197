package logql

import (
	"regexp"
	"slices"
)

// plausible are values that labels may well have. A regular expression that
// takes all of them, or all but one, says nothing about which streams are meant.
var plausible = []string{"zq", "x9", "kube-system", "qwv-7d9f-zz4"}

// Selective reports whether m narrows down what is read: it names values, and
// does not merely exclude some or ask for any.
func (m Matcher) Selective() bool {
	switch m.Op {
	case "=":
		return m.Value != ""
	case "=~":
		re, err := regexp.Compile("^(?s:" + m.Value + ")$")
		if err != nil || re.MatchString("") {
			return false
		}
		taken := 0
		for _, v := range plausible {
			if re.MatchString(v) {
				taken++
			}
		}
		return taken < len(plausible)-1
	}
	return false
}

// Selective reports whether any matcher of s is.
func (s Selector) Selective() bool { return slices.ContainsFunc(s.Matchers, Matcher.Selective) }
