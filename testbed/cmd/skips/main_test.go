package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReport(t *testing.T) {
	in, err := os.Open("testdata/events.json")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	want, err := os.ReadFile("testdata/events.golden")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	failed, err := report(in, &out, &out)
	if !failed || err != nil {
		t.Errorf("failed = %v, err = %v; want true, nil", failed, err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("the report differs (-want +got):\n%s", diff)
	}
}
