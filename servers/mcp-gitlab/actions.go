package main

import (
	"regexp"
	"strings"
)

// GitLab does what a line like /merge or /close in a text says. A text of ours is
// to be read and not to be done: what merges has a plan first, and what comes from
// elsewhere may have such a line.
var quickAction = regexp.MustCompile(`^\s*/[A-Za-z_]+(\s|$)`)

// noActions puts a backslash, which nobody sees, before what would be done. In a
// block of code nothing is done: it stays as it is.
func noActions(body string) string {
	if !strings.Contains(body, "/") {
		return body
	}
	lines := strings.Split(body, "\n")
	for i := 0; i < len(lines); i++ {
		if strings.HasPrefix(lines[i], "```") {
			if end := codeEnd(lines, i); end > i {
				i = end
				continue
			}
		}
		if quickAction.MatchString(lines[i]) {
			slash := strings.IndexByte(lines[i], '/')
			lines[i] = lines[i][:slash] + `\` + lines[i][slash:]
		}
	}
	return strings.Join(lines, "\n")
}

// codeEnd is the line that ends the block which begins at start, as GitLab finds
// it when it looks for actions; start if there is none.
func codeEnd(lines []string, start int) int {
	for i := start + 1; i < len(lines); i++ {
		if strings.TrimRight(lines[i], "\r") == "```" {
			return i
		}
	}
	return start
}
