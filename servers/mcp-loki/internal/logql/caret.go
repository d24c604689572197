package logql

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var position = regexp.MustCompile(`parse error at line ([0-9]+), col ([0-9]+)`)

// Point shows where in query the message of a Loki says the mistake is, ""
// if it does not say.
func Point(message, query string) string {
	m := position.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	row, _ := strconv.Atoi(m[1])
	column, _ := strconv.Atoi(m[2])
	lines := strings.Split(query, "\n")
	if row = max(row, 1); row > len(lines) {
		return ""
	}
	return mark(lines[row-1], column-1)
}

// PointAt shows a place in query.
func PointAt(pos int, query string) string {
	pos = min(max(pos, 0), len(query))
	start := strings.LastIndexByte(query[:pos], '\n') + 1
	line, _, _ := strings.Cut(query[start:], "\n")
	return mark(line, utf8.RuneCountInString(query[start:pos]))
}

// around is how much of a long line is shown on both sides of the mark.
const around = 80

func mark(line string, column int) string {
	runes := []rune(strings.ReplaceAll(line, "\t", " "))
	column = min(max(column, 0), len(runes))
	from, to := max(0, column-around), min(len(runes), column+around)
	before, after := "", ""
	if from > 0 {
		before = "…"
	}
	if to < len(runes) {
		after = "…"
	}
	return "  " + before + string(runes[from:to]) + after + "\n  " + strings.Repeat(" ", len([]rune(before))+column-from) + "^"
}
