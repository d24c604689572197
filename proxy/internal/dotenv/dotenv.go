// Package dotenv reads .env files, for `loom secret import`.
//
// There is no one syntax of them. This reads what shells and the common readers
// agree on, and refuses with a line number what they read differently: a value
// that is imported wrong is a token that fails weeks later. Nothing is expanded:
// $ is a dollar sign. No error holds text of the file but names of variables.
package dotenv

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// MaxSize is the largest file that is read.
const MaxSize = 1 << 20

// Variable is one of a file.
type Variable struct {
	Name, Value string
	Line        int  // where it begins
	Dollar      bool // the value holds a $ that other readers would expand
}

// SyntaxError is a line that cannot be read.
type SyntaxError struct {
	Line int
	What string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

// Parse reads the text of a file. Of a name that is given twice the last value
// counts, as in a shell; it stands where the first did.
func Parse(data []byte) ([]Variable, error) {
	if len(data) > MaxSize {
		return nil, &SyntaxError{1, fmt.Sprintf("the file is over %d bytes", MaxSize)}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		line := 1 + bytes.Count(data[:firstBad(data)], []byte("\n"))
		return nil, &SyntaxError{line, "this is not text in UTF-8"}
	}
	p := &parser{rest: strings.ReplaceAll(string(data), "\r\n", "\n"), line: 1}
	var vars []Variable
	at := map[string]int{}
	for p.rest != "" {
		v, found, err := p.next()
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		if i, twice := at[v.Name]; twice {
			vars[i] = v
			continue
		}
		at[v.Name] = len(vars)
		vars = append(vars, v)
	}
	return vars, nil
}

func firstBad(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 || r == 0 {
			return i
		}
		i += n
	}
	return len(data)
}

type parser struct {
	rest string
	line int
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{p.line, fmt.Sprintf(format, args...)}
}

var assignment = regexp.MustCompile(`^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*`)

// next reads one line, or several when a quoted value goes on.
func (p *parser) next() (v Variable, found bool, err error) {
	p.rest = strings.TrimLeft(p.rest, " \t")
	if p.rest == "" || p.rest[0] == '\n' || p.rest[0] == '#' {
		p.skipLine()
		return Variable{}, false, nil
	}
	m := assignment.FindStringSubmatch(p.rest)
	if m == nil {
		return Variable{}, false, p.fail("this is not NAME=value")
	}
	v = Variable{Name: m[1], Line: p.line}
	p.rest = p.rest[len(m[0]):]
	if p.rest == "" {
		return v, true, nil
	}
	switch quote := p.rest[0]; quote {
	case '\'', '"', '`':
		v.Value, v.Dollar, err = p.quoted(quote, v.Name)
	default:
		v.Value, err = p.plain(v.Name)
		v.Dollar = strings.Contains(v.Value, "$")
	}
	return v, err == nil, err
}

func (p *parser) skipLine() {
	_, p.rest, _ = strings.Cut(p.rest, "\n")
	p.line++
}

// plain is a value without quotes: to the end of the line, or to a # after a
// blank.
func (p *parser) plain(name string) (string, error) {
	line, _, _ := strings.Cut(p.rest, "\n")
	if i := comment(line); i >= 0 {
		line = line[:i]
	}
	value := strings.TrimRight(line, " \t")
	switch {
	case strings.ContainsAny(value, "'\"`"):
		return "", p.fail("the value of %s has a quote in its middle: put all of it into quotes", name)
	case strings.Contains(value, `\`):
		return "", p.fail("the value of %s has a backslash, which readers take differently: put it into single quotes", name)
	case strings.ContainsAny(value, "\r\v\f"):
		return "", p.fail("the value of %s has a control character", name)
	}
	p.skipLine()
	return value, nil
}

// comment is where the comment of a line begins, -1 if there is none. A # that
// no blank precedes is part of the value.
func comment(line string) int {
	if strings.HasPrefix(line, "#") {
		return 0
	}
	for i := 1; i < len(line); i++ {
		if line[i] == '#' && (line[i-1] == ' ' || line[i-1] == '\t') {
			return i
		}
	}
	return -1
}

// quoted reads up to the closing quote, over line ends. Only double quotes have
// escapes, those in escapes, which all readers know.
func (p *parser) quoted(quote byte, name string) (value string, dollar bool, err error) {
	var b strings.Builder
	i := 1
	for ; i < len(p.rest) && p.rest[i] != quote; i++ {
		c := p.rest[i]
		if quote == '"' && c == '\\' && i+1 < len(p.rest) {
			i++
			c, ok := escapes[p.rest[i]]
			if !ok {
				return "", false, p.fail("the value of %s has a backslash before something that needs none: write \\\\ for a backslash", name)
			}
			b.WriteByte(c)
			continue
		}
		dollar = dollar || c == '$' && quote != '\''
		b.WriteByte(c)
	}
	if i >= len(p.rest) {
		return "", false, p.fail("the quote before the value of %s is not closed", name)
	}
	lines := strings.Count(p.rest[:i], "\n")
	p.rest = p.rest[i+1:]
	p.line += lines
	rest, _, _ := strings.Cut(p.rest, "\n")
	if trimmed := strings.TrimLeft(rest, " \t"); trimmed != "" && (trimmed[0] != '#' || trimmed == rest) {
		return "", false, p.fail("there is something after the value of %s: put all of it into quotes", name)
	}
	p.skipLine()
	return b.String(), dollar, nil
}

var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', '\\': '\\', '"': '"', '$': '$', '`': '`'}
