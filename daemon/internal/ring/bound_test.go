package ring

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func textsOf(lines []Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l.Text)
	}
	return out
}

func TestTheOldestGo(t *testing.T) {
	r := New(8, nil)
	for i := range 11 {
		r.Add("a", fmt.Sprint(i))
	}
	lines, next := r.Since(0, time.Time{})
	if got := textsOf(lines); len(got) > 8 || got[len(got)-1] != "10" || !slices.IsSorted(seqs(lines)) || next != 11 {
		t.Errorf("%v, next %d", got, next)
	}
	if got := r.Tail("a", 2); !slices.Equal(got, []string{"9", "10"}) {
		t.Errorf("tail %v", got)
	}
}

func seqs(lines []Line) []int64 {
	var out []int64
	for _, l := range lines {
		out = append(out, l.Seq)
	}
	return out
}

// A server that floods its stderr with long lines is one of twenty.
func TestItsBytesAreBounded(t *testing.T) {
	r := New(2000, nil)
	for i := range 5000 {
		r.Add("a", fmt.Sprint(i)+strings.Repeat("x", MaxLine))
	}
	size, lines := 0, r.Tail("a", 2000)
	for _, text := range lines {
		size += len(text)
	}
	if size > maxBytes || size < maxBytes/2 {
		t.Errorf("%d bytes are kept in %d lines, at most %d are allowed", size, len(lines), maxBytes)
	}
	if !strings.HasPrefix(lines[len(lines)-1], "4999x") {
		t.Errorf("the last is %.10s", lines[len(lines)-1])
	}
}
