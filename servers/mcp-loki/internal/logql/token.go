package logql

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	end kind = iota
	word
	text   // a string; value is what it stands for
	number // also a duration: 5m
	sign   // punctuation and operators
)

type token struct {
	kind  kind
	value string
	pos   int // in bytes, of its first
}

// Error is what makes a text no query, and where.
type Error struct {
	Pos     int // in bytes
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("at byte %d: %s", e.Pos, e.Message) }

// signs of two characters; all others are of one.
var signs = []string{"|=", "|~", "|>", "!=", "!~", "!>", "=~", "==", ">=", "<="}

func scan(query string) ([]token, error) {
	var list []token
	for i := 0; i < len(query); {
		c := query[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '#':
			for i < len(query) && query[i] != '\n' {
				i++
			}
		case c == '"' || c == '`':
			value, n, err := unquote(query[i:])
			if err != "" {
				return nil, &Error{i, err}
			}
			list = append(list, token{text, value, i})
			i += n
		case isDigit(c) || c == '.' && i+1 < len(query) && isDigit(query[i+1]):
			n := 1
			for i+n < len(query) && (isLetter(query[i+n]) || isDigit(query[i+n]) || query[i+n] == '.' || strings.HasPrefix(query[i+n:], "µ")) {
				n++
			}
			list = append(list, token{number, query[i : i+n], i})
			i += n
		case isLetter(c):
			n := 1
			for i+n < len(query) && (isLetter(query[i+n]) || isDigit(query[i+n])) {
				n++
			}
			list = append(list, token{word, query[i : i+n], i})
			i += n
		default:
			n := 1
			for _, s := range signs {
				if strings.HasPrefix(query[i:], s) {
					n = len(s)
				}
			}
			if c >= utf8.RuneSelf {
				_, n = utf8.DecodeRuneInString(query[i:])
			}
			list = append(list, token{sign, query[i : i+n], i})
			i += n
		}
	}
	return append(list, token{kind: end, pos: len(query)}), nil
}

// unquote reads the string that s begins with. The third result is what is
// wrong with it.
func unquote(s string) (value string, n int, problem string) {
	if s[0] == '`' {
		if i := strings.IndexByte(s[1:], '`'); i >= 0 {
			return s[1 : i+1], i + 2, ""
		}
		return "", 0, "a string that begins with ` does not end"
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\n':
			return "", 0, `a string that begins with " does not end on its line`
		case '"':
			value, ok := unescape(s[:i+1])
			if !ok {
				return "", 0, "a string has an unknown escape; write \\\\ for a backslash, or use ` as quotes"
			}
			return value, i + 1, ""
		}
	}
	return "", 0, `a string that begins with " does not end`
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
