package forge

import (
	"fmt"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

type editArg struct {
	Find    string `arg:"find,required,raw"`
	Replace string `arg:"replace,raw"`
	Count   int    `arg:"count" default:"1" min:"0" doc:"times it has to be there; 0: any"`
}

// applyEdits does edits one after the other. A text that is there another
// number of times than was said is an error: it is not what was meant.
func applyEdits(path, content string, edits []editArg) (string, error) {
	crlf := strings.Contains(content, "\r\n")
	for i, e := range edits {
		find, replace := e.Find, e.Replace
		n := strings.Count(content, find)
		if n == 0 && crlf && !strings.Contains(find, "\r") { // models write newlines alone
			find, replace = strings.ReplaceAll(find, "\n", "\r\n"), strings.ReplaceAll(replace, "\n", "\r\n")
			n = strings.Count(content, find)
		}
		if dos := crlf && strings.Count(content, "\n") == strings.Count(content, "\r\n"); dos && !strings.Contains(replace, "\r") {
			replace = strings.ReplaceAll(replace, "\n", "\r\n")
		}
		switch {
		case find == "":
			return "", kit.Errorf(kit.InvalidArgument, "%s: edit %d has nothing to find", path, i+1)
		case n == 0:
			return "", kit.Errorf(kit.FailedPrecondition, "%s: the text of edit %d is not there", path, i+1).
				WithHint("%s", nearText(path, content, e.Find))
		case e.Count > 0 && n != e.Count:
			return "", kit.Errorf(kit.FailedPrecondition, "%s: the text of edit %d is there %d times, not %d: lines %s", path, i+1, n, e.Count, strings.Join(placesOf(content, find), ", ")).
				WithHint("make find longer until it is unique, or set count=%d, or count=0 for all", n)
		}
		content = strings.ReplaceAll(content, find, replace)
	}
	return content, nil
}

// nearText shows the line that looks most like the first line of what was to be found.
func nearText(path, content, find string) string {
	if redacted.MatchString(find) {
		return "what is shown as [redacted: …] is a secret, which is something else in the file: find the text around it"
	}
	if bare := strings.TrimRight(find, "\r\n"); bare != "" && bare != find && strings.HasSuffix(content, bare) {
		return "the last line ends without a newline: find it without one"
	}
	first := ""
	for line := range strings.SplitSeq(find, "\n") {
		if first = strings.TrimSpace(line); first != "" {
			break
		}
	}
	best, where := 0, -1
	list := lines(content)
	for i, line := range list[:min(len(list), 5000)] {
		if score := common(strings.TrimSpace(line), first); score > best && score*2 >= len(first) {
			best, where = score, i
		}
	}
	if where < 0 {
		return "get_file path=" + path + " shows what is there; find has to fit letter by letter, with its spaces"
	}
	return fmt.Sprintf("line %d is %q; find has to fit letter by letter, with its spaces", where+1, short(list[where], titleRunes))
}

// common is how many letters two texts begin and end with alike.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	m := 0
	for m < len(a)-n && m < len(b)-n && a[len(a)-1-m] == b[len(b)-1-m] {
		m++
	}
	return n + m
}

func placesOf(content, find string) []string {
	var places []string
	at := 0
	for len(places) < 10 {
		i := strings.Index(content[at:], find)
		if i < 0 {
			break
		}
		places = append(places, itoa(strings.Count(content[:at+i], "\n")+1))
		at += i + max(len(find), 1)
	}
	return places
}
