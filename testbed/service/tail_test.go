package service

import (
	"fmt"
	"strings"
	"testing"
)

// TestTail: the end of a long log is kept, and no more.
func TestTail(t *testing.T) {
	var log Tail
	for n := range 10000 {
		fmt.Fprintf(&log, "this is line %d\n", n)
	}
	if text := log.String(); !strings.HasSuffix(text, "this is line 9999\n") || len(text) > 2*kept {
		t.Errorf("kept are %d bytes", len(text))
	}
}
