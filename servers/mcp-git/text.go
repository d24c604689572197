package main

import (
	"fmt"
	"time"

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

func show(path string) string { return repo.ShowPath(path) }

func lines(n int) string { return fmt.Sprintf("the file has %d lines", n) }

func startLine(n int) string { return fmt.Sprintf("start_line=%d", n) }
