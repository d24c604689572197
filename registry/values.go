package registry

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/loom-core/loom/core/secret"
)

// scalar is the text of n as it is written: PORT: 8080 and VERSION: 1.10 mean
// the very characters. An empty value is refused: it may be meant as the empty
// text or as a thing to fill in.
func (r *reader) scalar(n *yaml.Node, what string) (string, bool) {
	switch {
	case n.Kind == yaml.AliasNode: // reported
		return "", false
	case isNull(n):
		r.wrongType(n, what+" must be text")
		return "", false
	case n.Kind != yaml.ScalarNode:
		r.wrongType(n, what+" must be text")
		return "", false
	case strings.ContainsRune(n.Value, 0):
		r.problem(n, "", "%s holds a NUL byte, which no process can be given", what)
		return "", false
	}
	return n.Value, true
}

// list calls visit for each element. An empty value is an empty list.
func (r *reader) list(n *yaml.Node, what string, visit func(n *yaml.Node, text string)) {
	if isNull(n) || n.Kind == yaml.AliasNode {
		return
	}
	if n.Kind != yaml.SequenceNode {
		r.wrongType(n, what+" must be a list")
		return
	}
	for _, element := range n.Content {
		if text, ok := r.scalar(element, "an element of "+what); ok {
			visit(element, text)
		}
	}
}

// boolean takes the words of YAML 1.2 only. yes and on are text to half of the
// YAML libraries and true to the others.
func (r *reader) boolean(n *yaml.Node, what string) (value, ok bool) {
	if n.Kind == yaml.AliasNode {
		return false, false
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		r.wrongType(n, what+" must be true or false")
		return false, false
	}
	return strings.EqualFold(n.Value, "true"), true
}

// word takes one of the known words.
func (r *reader) word(n *yaml.Node, what string, known ...string) (string, bool) {
	text, ok := r.scalar(n, what)
	if !ok {
		return "", false
	}
	if !slices.Contains(known, text) {
		last := len(known) - 1
		r.problem(n, didYouMean(text, known), "%s must be %s or %s, this is %q", what, strings.Join(known[:last], ", "), known[last], text)
		return "", false
	}
	return text, true
}

var digits = regexp.MustCompile(`^[0-9]{1,9}$`)

func (r *reader) number(n *yaml.Node, what string, low, high int) (int, bool) {
	if n.Kind == yaml.AliasNode {
		return 0, false
	}
	value, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || !digits.MatchString(n.Value) || err != nil || value < low || value > high {
		r.wrongType(n, fmt.Sprintf("%s must be a whole number from %d to %d", what, low, high))
		return 0, false
	}
	return value, true
}

var durationText = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)

// duration is like 10m or 1m30s. A number alone is refused, because it would be
// seconds to one reader and milliseconds to the next; 0 needs no unit.
func (r *reader) duration(n *yaml.Node, what string, zero bool) (time.Duration, bool) {
	if n.Kind == yaml.AliasNode {
		return 0, false
	}
	if isNull(n) || n.Kind != yaml.ScalarNode {
		r.wrongType(n, what+" must be a duration like 10m or 1m30s")
		return 0, false
	}
	if digits.MatchString(n.Value) && strings.Trim(n.Value, "0") != "" {
		r.problem(n, fmt.Sprintf("write %ss or %sm", n.Value, n.Value), "%s has no unit", what)
		return 0, false
	}
	var d time.Duration
	if n.Value != "0" {
		var err error
		if d, err = time.ParseDuration(n.Value); err != nil || !durationText.MatchString(n.Value) {
			r.wrongType(n, what+" must be a duration like 10m or 1m30s")
			return 0, false
		}
	}
	if d == 0 && !zero {
		r.problem(n, "", "%s must be longer than 0", what)
		return 0, false
	}
	return d, true
}

var label = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// label is the name of a category, profile or client.
func (r *reader) label(n *yaml.Node, text, what string) bool {
	if !label.MatchString(text) {
		r.problem(n, "", "invalid name of a %s %q: use letters, digits, - _ and .", what, text)
		return false
	}
	return true
}

// references checks the references in a text. secrets says whether it may hold
// secrets: everybody on the machine can read the arguments of a process.
func (r *reader) references(n *yaml.Node, text, what string, secrets bool) (secret.Template, bool) {
	template, err := secret.Parse(text)
	if err != nil {
		pos, message := r.pos(n), err.Error()
		var syntax *secret.SyntaxError
		if errors.As(err, &syntax) {
			pos, message = r.inside(n, syntax.Offset), "invalid reference: "+syntax.What
		}
		r.report(pos, "", "%s: %s", what, message)
		return template, false
	}
	ok := true
	for _, ref := range template.Refs() {
		switch {
		case ref.Kind != secret.Env && !secrets:
			r.problem(n, "pass it in env", "%s must not hold %s: every user of the machine can read it there", what, ref)
			ok = false
		case ref.Optional && !secrets:
			r.problem(n, fmt.Sprintf("write ${%s:%s:-} for an empty text", ref.Kind, ref.Name), "%s must not hold %s: ? leaves out a variable, and only env has variables", what, ref)
			ok = false
		}
	}
	return template, ok
}

// inside is the place of a byte of n's text. Escapes and folded lines move
// text about; where the file does not show it as it is, the place is n's.
func (r *reader) inside(n *yaml.Node, offset int) Position {
	pos := r.pos(n)
	if r.lines == nil {
		r.lines = strings.Split(string(r.data), "\n")
	}
	// Nobody reads a line that long, and counting its characters again for each
	// of its mistakes would take minutes.
	const longest = 4096
	if pos.Line > len(r.lines) || len(r.lines[pos.Line-1]) > longest {
		return pos
	}
	line := []rune(r.lines[pos.Line-1])
	if pos.Column > len(line) {
		return pos
	}
	rest, quote := string(line[pos.Column-1:]), 0
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		rest, quote = rest[1:], 1
	}
	if strings.HasPrefix(rest, n.Value) {
		pos.Column += quote + utf8.RuneCountInString(n.Value[:offset])
	}
	return pos
}
