package shape

import (
	"regexp"
	"strings"
)

var levelField = regexp.MustCompile(`(?i)"?\b(?:level|lvl|severity|loglevel)"?\s*[=:]\s*"?([a-z]+)`)

var levelWord = regexp.MustCompile(`\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC)\b`)

// Level is the level a line claims to have, as it writes it; "" if it does not.
// It is for a Loki that did not look when it took the line in.
func Level(line string) string {
	if len(line) > longest {
		line = line[:longest]
	}
	for _, re := range []*regexp.Regexp{levelField, levelWord} {
		if m := re.FindStringSubmatch(line); m != nil {
			return strings.ToLower(m[1])
		}
	}
	return ""
}
