package main

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

// short is how a list shows a sha.
func short(sha string) string { return sha[:min(len(sha), 12)] }

// when is how an answer shows a time; a time that is not known is left out.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return kit.FormatTime(t)
}

// cut shortens a text to n runes and says by how many.
func cut(s string, n int) string {
	if over := utf8.RuneCountInString(s) - n; over > 0 {
		return fmt.Sprintf("%s…(+%d)", string([]rune(s)[:n]), over)
	}
	return s
}

func show(path string) string { return repo.ShowPath(path) }

func lines(n int) string { return fmt.Sprintf("the file has %d lines", n) }

func startLine(n int) string { return fmt.Sprintf("start_line=%d", n) }
