package contract

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Operations are "METHOD /path", with the names of parameters in braces, sorted.
type Operations []string

// ParseOperations reads a list, one a line. What follows # is for people.
func ParseOperations(text []byte) (Operations, error) {
	var list Operations
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		method, path, ok := strings.Cut(line, " ")
		if !ok || method != strings.ToUpper(method) || !strings.HasPrefix(path, "/") || strings.Contains(path, " ") {
			return nil, fmt.Errorf("line %d is %q, and not METHOD /path", n, line)
		}
		if slices.Contains(list, line) {
			return nil, fmt.Errorf("line %d: %s is there twice", n, line)
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return list, nil
}

// methods of the operations of a path: "/path": {"get", "post"}.
func (o Operations) methods() map[string][]string {
	out := map[string][]string{}
	for _, op := range o {
		method, path, _ := strings.Cut(op, " ")
		out[path] = append(out[path], strings.ToLower(method))
	}
	return out
}

// without are the operations that other lacks.
func (o Operations) without(other []string) (list Operations) {
	for _, op := range o {
		if !slices.Contains(other, op) {
			list = append(list, op)
		}
	}
	return list
}
