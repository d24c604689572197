package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"

	"github.com/zricethezav/gitleaks/v8/detect"
)

// maxSize is the longest text that is read, in bytes.
const maxSize = 64 << 20

// leak is a place. Line and Column count from 1, columns in bytes.
type leak struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Rule   string `json:"rule"` // of gitleaks, such as github-pat
	What   string `json:"what"` // a sentence on that kind of secret
}

// scan reads a text and prints what was found, a JSON list. The exit code is 0 also
// when there is something.
func scan(in io.Reader, out, errs io.Writer) int {
	data, err := io.ReadAll(io.LimitReader(in, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = fmt.Errorf("the text has over %d bytes", maxSize)
	}
	var found []leak
	if err == nil {
		found, err = find(data)
	}
	if err == nil {
		err = json.NewEncoder(out).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(errs, "loom-scan:", err)
		return 1
	}
	return 0
}

// find looks for secrets, sorted by place; of several rules for one place the first.
func find(data []byte) ([]leak, error) {
	detector, err := detect.NewDetectorDefaultConfig()
	if err != nil {
		return nil, fmt.Errorf("loading the rules: %w", err)
	}
	found := []leak{}
	for _, f := range detector.DetectBytes(data) {
		// The library counts lines from 0, and columns of lines but the first from 2.
		line, column := f.StartLine+1, f.StartColumn
		if f.StartLine > 0 {
			column--
		}
		found = append(found, leak{Line: line, Column: max(column, 1), Rule: f.RuleID, What: f.Description})
	}
	sort.SliceStable(found, func(i, j int) bool {
		a, b := found[i], found[j]
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
	out := found[:0]
	for _, f := range found {
		if n := len(out); n == 0 || out[n-1].Line != f.Line || out[n-1].Column != f.Column {
			out = append(out, f)
		}
	}
	return out, nil
}
