package joblog

import (
	"regexp"
	"strings"
)

var (
	// strong are lines that say what went wrong.
	strong = regexp.MustCompile(`(?i)(^|[^a-z0-9_/.-])(error|fatal|panic|exception|traceback|segmentation fault|undefined reference|cannot find|not found|assertion|assert)([^a-z0-9_/-]|$)|^\s*--- FAIL|^FAIL\b|^\s*(✕|✗|✘|×|❌)|\bFAILED\b|\bE\s{3,}\S|: error[:\[ ]|npm ERR!|AssertionError|^\s*not ok \d`)
	// general are lines that only say that it did.
	general = regexp.MustCompile(`(?i)process completed with exit code|exit(ed)? (with )?(code|status)|exitcode|error: job failed|^\s*make(\[\d+\])?: \*\*\*|❌\s+failure - |cleaning up|🏁\s+job failed|job failed|^FAIL$|^exit status \d`)
	// harmless are lines that look worse than they are.
	harmless = regexp.MustCompile(`(?i)\b(0|no) (errors?|failures?|failed)\b|errors?[=:] ?0\b|failures?[=:] ?0\b|continue-on-error|\bok\b.*\berror`)
)

// words of which strong and general need one. Logs have many lines, and the
// patterns are slow.
var words = []string{"error", "fatal", "panic", "exception", "traceback", "segmentation", "undefined", "not find", "not found", "assert",
	"fail", "✕", "✗", "✘", "×", "❌", "err!", "e   ", "not ok", "exit", "***", "cleaning up"}

func suspicious(text string) bool {
	low := strings.ToLower(text[:min(len(text), 2000)])
	for _, word := range words {
		if strings.Contains(low, word) {
			return true
		}
	}
	return false
}

func says(text string) bool {
	return suspicious(text) && strong.MatchString(text) && !general.MatchString(text) && !harmless.MatchString(text)
}

func ends(text string) bool { return suspicious(text) && general.MatchString(text) }

// Block is the last block of lines that says why: at most most of them. strong
// lines beat those the runner adds; without any it is the end.
func Block(list []Line, most int) []Line {
	last := lastOf(list, func(line Line) bool { return says(line.Text) })
	if last < 0 {
		last = lastOf(list, func(line Line) bool { return line.Error || ends(line.Text) })
	}
	if last < 0 {
		return list[max(0, len(list)-most):]
	}
	// What follows the last strong line explains it, what comes before it is
	// where it began: other strong lines near it, and two lines more.
	end := min(len(list), last+1+most/3)
	for i := last + 1; i < end; i++ {
		if ends(list[i].Text) {
			end = i + 1
			break
		}
	}
	first := last
	for i := last - 1; i >= 0 && i > end-most && first-i <= 12; i-- {
		if text := list[i].Text; suspicious(text) && strong.MatchString(text) && !harmless.MatchString(text) {
			first = i
		}
	}
	first = max(0, max(first-2, end-most))
	return list[first:end]
}

func lastOf(list []Line, is func(Line) bool) int {
	for i := len(list) - 1; i >= 0; i-- {
		if is(list[i]) {
			return i
		}
	}
	return -1
}

// marked is what pytest puts before the line that failed, and before why.
var marked = regexp.MustCompile(`^\s*[>E]\s{3,}`)

// Cause is the one line of a block that says most.
func Cause(block []Line) string {
	for _, line := range block {
		if says(line.Text) {
			return strings.TrimSpace(marked.ReplaceAllString(line.Text, ""))
		}
	}
	for _, line := range block {
		if line.Error {
			return strings.TrimSpace(line.Text)
		}
	}
	return ""
}
