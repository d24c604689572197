// Package joblog makes the log of a CI job fit to be read: without timestamps,
// ANSI and the marks of sections, by steps, by windows of lines, by what fits a
// pattern, and by the block that says why the job failed.
//
// It knows the forms of GitHub Actions, Gitea Actions and GitLab CI.
package joblog

import (
	"regexp"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/forge/keys"
	"github.com/loom-core/loom/servers/kit"
)

// Line is a line of a log. Number counts from 1, from the first line that the
// forge has, as far as that is known.
type Line struct {
	Number int
	Time   time.Time // zero: the log does not say
	Text   string
	Step   string // the step that its marks name, empty if there are none
	Error  bool   // the runner itself marked it as one
}

var (
	stamp   = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) ?(?:\d\d[OE][+ ]?)?`)
	section = regexp.MustCompile(`^section_(start|end):\d+:([^\s\[]+)(?:\[[^\]]*\])?`)
	// act writes where a step begins; the group is its name.
	actStep = regexp.MustCompile(`^\s*(?:⭐|⭐️)\s*Run (?:Pre |Main |Post )?(.+?)\s*$`)
)

// Parse reads a log. skipped is whether something before it is missing: then its
// first line may be half of one, and is left out.
func Parse(raw string, skipped bool) []Line {
	if skipped {
		if i := strings.IndexByte(raw, '\n'); i >= 0 {
			raw = raw[i+1:]
		}
	}
	var list []Line
	step, grouped := "", ""
	number := 0
	for text := range strings.SplitSeq(strings.TrimSuffix(raw, "\n"), "\n") {
		number++
		line := Line{Number: number}
		if at := strings.TrimPrefix(text, "\ufeff"); len(at) > 20 && at[4] == '-' && at[10] == 'T' {
			if m := stamp.FindStringSubmatchIndex(at); m != nil {
				line.Time, _ = time.Parse(time.RFC3339Nano, at[m[2]:m[3]])
				text = at[m[1]:]
			}
		}
		text = overdrawn(text)
		for strings.HasPrefix(text, "section_") { // GitLab may write several before the text
			m := section.FindStringSubmatch(text)
			if m == nil {
				break
			}
			if text = strings.TrimLeft(kit.Clean(text[len(m[0]):]), "\n"); m[1] == "start" {
				step, grouped = m[2], m[2]
			} else if m[2] == grouped {
				step = ""
			}
		}
		text = strings.TrimRight(kit.Clean(text), " \t\n")
		text = strings.ReplaceAll(text, "\n", " ")
		if strings.Contains(text, "⭐") {
			if m := actStep.FindStringSubmatch(text); m != nil {
				step = m[1]
			}
		}
		text, line.Error = unmark(text)
		line.Text, line.Step = text, step
		list = append(list, line)
	}
	if len(list) == 1 && list[0].Text == "" {
		return nil
	}
	hideKeys(list)
	return list
}

// hideKeys does so before lines get numbers, and before any are left out.
func hideKeys(list []Line) {
	texts := make([]string, len(list))
	for i, line := range list {
		texts[i] = line.Text
	}
	keys.Mask(texts)
	for i := range list {
		list[i].Text = texts[i]
	}
}

// overdrawn is what is left of a line that a progress bar drew over.
func overdrawn(text string) string {
	text = strings.TrimSuffix(text, "\r")
	if strings.HasPrefix(text, "section_") { // ends with \r and \x1b[0K
		return text
	}
	if i := strings.LastIndexByte(text, '\r'); i >= 0 {
		return text[i+1:]
	}
	return text
}

// unmark turns the commands of a workflow into text.
func unmark(text string) (string, bool) {
	switch {
	case strings.HasPrefix(text, "##[error]"):
		return text[len("##[error]"):], true
	case strings.HasPrefix(text, "##[endgroup]"), strings.HasPrefix(text, "::endgroup::"):
		return "", false
	case strings.HasPrefix(text, "##["):
		if i := strings.IndexByte(text, ']'); i >= 0 {
			return text[i+1:], false
		}
	case strings.HasPrefix(text, "::error"):
		if _, message, ok := strings.Cut(text[2:], "::"); ok {
			return message, true
		}
	case strings.HasPrefix(text, "::group::"):
		return text[len("::group::"):], false
	}
	return text, false
}

// Between are the lines of a step, by its name where marks name it, else by
// the times of the step. Times of steps are whole seconds, so that the second
// in which it ended belongs to it; and runners are late with what a step wrote, so
// that all does that is stamped before next, when the step after it began: zero if
// there is none.
func Between(list []Line, step string, from, to, next time.Time) []Line {
	var named []Line
	for _, line := range list {
		if line.Step != "" && (strings.EqualFold(line.Step, step) || strings.EqualFold("Run "+line.Step, step)) {
			named = append(named, line)
		}
	}
	if named != nil {
		return named
	}
	if from.Unix() <= 0 {
		return nil
	}
	end := to.Truncate(time.Second).Add(time.Second)
	if next.After(end) {
		end = next
	}
	var timed []Line
	for _, line := range list {
		if line.Time.IsZero() || line.Time.Before(from) || next.Unix() > 0 && !line.Time.Before(end) {
			continue
		}
		timed = append(timed, line)
	}
	return timed
}
