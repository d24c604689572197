package main

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestNoGitea: where no Gitea answers, get_me does not send on to itself.
func TestNoGitea(t *testing.T) {
	text := newFake(t).connect(t).MustFail("get_me", map[string]any{}, kit.NotFound)
	if strings.Contains(text, "get_me says") || !strings.Contains(text, "no Gitea answers there") {
		t.Error(text)
	}
}
