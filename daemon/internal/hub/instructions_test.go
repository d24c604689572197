package hub

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loom-core/loom/daemon/internal/catalog"
)

// joined is what a client gets of servers with those instructions, and the view.
func joined(t *testing.T, describe int, texts ...string) (string, *View) {
	t.Helper()
	text := "version: 1\nservers:\n"
	var of []*catalog.Entry
	for i, says := range texts {
		e := &catalog.Entry{Server: fmt.Sprintf("s%02d", i), Instructions: says}
		text += fmt.Sprintf("  %s: {command: x, description: %q}\n", e.Server, strings.Repeat("d", describe))
		of = append(of, e)
	}
	v := view(t, newWorld(t, text, of...), Viewer{})
	var result struct{ Instructions string }
	if err := json.Unmarshal(v.Initialize("", ""), &result); err != nil {
		t.Fatal(err)
	}
	return result.Instructions, v
}

func TestInstructionsAreBoundedAndFair(t *testing.T) {
	long := strings.Repeat("Zeile für Zeile, 日本.\n", 200)
	word := strings.Repeat("ö", 3000)
	for _, tc := range []struct {
		name     string
		describe int
		texts    []string
		whole    string // servers whose text is there in full
		cut      string // servers whose text is there in part
	}{
		{"none", 10, []string{"", " \n"}, "", ""},
		{"all fit", 10, []string{"short", "also short\n"}, "0 1", ""},
		{"one is long", 10, []string{"short", long, "short too"}, "0 2", "1"},
		{"two are long", 10, []string{long, word, "short"}, "2", "0 1"},
		{"little room", 170, []string{long, long, long, long, long, long, long, long}, "", "0 1 2 3"},
		{"no room", 300, []string{long, "x", long, long, long, long}, "", ""},
		{"too many servers", 60, make([]string, 50), "", ""},
	} {
		got, v := joined(t, tc.describe, tc.texts...)
		if len(got) > maxInstructions || !utf8.ValidString(got) {
			t.Errorf("%s: %d bytes:\n%s", tc.name, len(got), got)
		}
		resources := string(v.List(catalog.Resources, false))
		for i, text := range tc.texts {
			name, n := fmt.Sprintf("s%02d", i), fmt.Sprint(i)
			heading := "\n## " + name + "\n"
			_, section, has := strings.Cut(got, heading)
			section, _, _ = strings.Cut(section, "\n\n## ")
			uri := "loom://instructions/" + name
			inFull := has && strings.HasPrefix(section, strings.TrimSpace(text))
			inPart := has && strings.HasSuffix(strings.TrimSpace(strings.Split(section, "\n\nThe ")[0]), "[cut; all of it: "+uri+"]")
			isListed := strings.Contains(resources, `"`+uri+`"`)
			if want := strings.Contains(tc.whole, n); inFull != want && strings.TrimSpace(text) != "" {
				t.Errorf("%s: %s in full: %v\n%s", tc.name, name, inFull, got)
			}
			if want := strings.Contains(tc.cut, n); inPart != want {
				t.Errorf("%s: %s in part: %v\n%s", tc.name, name, inPart, got)
			}
			if want := strings.TrimSpace(text) != "" && !strings.Contains(tc.whole, n); isListed != want {
				t.Errorf("%s: %s listed: %v", tc.name, uri, isListed)
			}
			raw, ok := v.ReadOwn(uri)
			if ok != (strings.TrimSpace(text) != "") {
				t.Errorf("%s: %s can be read: %v", tc.name, uri, ok)
			}
			var read struct {
				Contents []struct{ URI, Text string }
			}
			if ok && (json.Unmarshal(raw, &read) != nil || len(read.Contents) != 1 || read.Contents[0].Text != text || read.Contents[0].URI != uri) {
				t.Errorf("%s: %s", tc.name, raw)
			}
		}
		if tc.name == "two are long" && len(got) < maxInstructions-60 {
			t.Errorf("%s: only %d bytes are used", tc.name, len(got))
		}
		if tc.name == "too many servers" && !strings.HasSuffix(got, " more; loom__status lists all\n") {
			t.Errorf("%s:\n%s", tc.name, got)
		}
		if tc.name == "little room" && !strings.Contains(got, "The instructions of any server: loom://instructions/") {
			t.Errorf("%s:\n%s", tc.name, got)
		}
	}
}

func TestCut(t *testing.T) {
	for _, tc := range []struct {
		text string
		room int
		want string
	}{
		{"one\ntwo\nthree", 9, "one\ntwo"},
		{"one\ntwo three four", 14, "one\ntwo three"},
		{"onetwothreefour", 6, "onetwo"},
		{"ööööö", 5, "öö"},
		{"a                 b", 4, "a"},
	} {
		if got := cut(tc.text, tc.room); got != tc.want {
			t.Errorf("cut(%q, %d) = %q, want %q", tc.text, tc.room, got, tc.want)
		}
	}
}
