package joblog

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/redact"
)

// Match is the lines that fit re, each with context lines around it. They have to as
// they are shown: a pattern that finds a credential says letter by letter what it is.
func Match(list []Line, re *regexp.Regexp, context int) (shown []Line, hits map[int]bool) {
	hits = make(map[int]bool)
	keep := make([]bool, len(list))
	for i, line := range list {
		if text, _ := new(redact.Redactor).Text(line.Text); !re.MatchString(text) {
			continue
		}
		hits[line.Number] = true
		for j := max(0, i-context); j <= min(len(list)-1, i+context); j++ {
			keep[j] = true
		}
	}
	for i, line := range list {
		if keep[i] {
			shown = append(shown, line)
		}
	}
	return shown, hits
}

// lineRunes is what is shown of a line.
const lineRunes = 500

// Text writes lines. With numbers, those that are hits have a colon after
// theirs, others a dash, and where lines are missing there is a mark.
func Text(list []Line, numbers bool, hits map[int]bool) string {
	var b strings.Builder
	for i, line := range list {
		if numbers {
			if i > 0 && line.Number != list[i-1].Number+1 {
				b.WriteString("--\n")
			}
			mark := ":"
			if hits != nil && !hits[line.Number] {
				mark = "-"
			}
			b.WriteString(strconv.Itoa(line.Number) + mark)
		}
		b.WriteString(kit.Shorten(line.Text, lineRunes) + "\n")
	}
	return b.String()
}
