package target

import (
	"regexp"
	"slices"
	"strings"
)

// Refer is a client's syntax for a variable of its own environment in a value.
type Refer struct {
	Open, Close string // around the name; both empty: it has none
	Default     string // between name and default; empty: it has none
	Plain       bool   // $NAME counts too

	// Process says that they are known to count in the arguments and variables of a
	// process, and of nothing else. Same says that a variable can only be passed on
	// under its own name, as the whole value.
	Process, Same bool
}

// The syntaxes. Which client has which was tried with the client (measured in
// November 2026) where it is proven, and is from its documentation elsewhere.
var (
	noReference  = Refer{}
	shellDefault = Refer{Open: "${", Close: "}", Default: ":-"}
	shellPlain   = Refer{Open: "${", Close: "}", Default: ":-", Plain: true}
	shellOnly    = Refer{Open: "${", Close: "}", Plain: true}
	shellBraces  = Refer{Open: "${", Close: "}", Process: true}
	envColon     = Refer{Open: "${env:", Close: "}"}
	braceEnv     = Refer{Open: "{env:", Close: "}"}
)

// Write is a reference to a variable, and whether the client has such a thing. A
// default ends at the first brace, and for some at the next :- already.
func (r Refer) Write(name, otherwise string, hasDefault bool) (string, bool) {
	switch {
	case r.Open == "":
		return "", false
	case hasDefault && (r.Default == "" || strings.ContainsAny(otherwise, "${}") || strings.Contains(otherwise, r.Default)):
		return "", false
	case hasDefault:
		return r.Open + name + r.Default + otherwise + r.Close, true
	}
	return r.Open + name + r.Close, true
}

// Keeps reports that the client takes a text as it is: no part of it is a reference
// to it. Of a client that is not known to have any, what others read as one is
// doubted. A NUL byte can be in no argument and no variable, so that no client
// passes it on.
func (r Refer) Keeps(text string) bool {
	doubted := []string{"${", "{env:", "{file:", "{{"}
	switch {
	case strings.Contains(text, "\x00"):
		return false
	case r.Same:
		return true
	case strings.HasPrefix(r.Open, "${"):
		doubted = doubted[:1]
	case r.Open != "":
		doubted = doubted[1:3]
	}
	if (r.Plain || r.Open == "") && dollarWord.MatchString(text) {
		return false
	}
	return !slices.ContainsFunc(doubted, func(mark string) bool { return strings.Contains(text, mark) })
}

var dollarWord = regexp.MustCompile(`\$\w`)

var plainVariable = regexp.MustCompile(`\$([A-Za-z_][A-Za-z0-9_]*)`)

// Read turns a client's value into the registry's syntax: its references into
// ${env:NAME}, and every other $ that would be one there into text. What it
// refers to that Loom has no word for is in left, as it is written.
func (r Refer) Read(value string) (registry string, left []string) {
	var b strings.Builder
	for i := 0; i < len(value); {
		rest := value[i:]
		switch {
		case strings.HasPrefix(rest, "${input:"), strings.HasPrefix(rest, "${workspaceFolder"), strings.HasPrefix(rest, "${userHome"), strings.HasPrefix(rest, "{file:"), strings.HasPrefix(rest, "${file:"):
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				end = len(rest) - 1
			}
			left = append(left, rest[:end+1])
			b.WriteString(strings.ReplaceAll(rest[:end+1], "$", "$$"))
			i += end + 1
			continue
		case r.Open != "" && strings.HasPrefix(rest, r.Open):
			end := len(rest)
			if r.Close != "" {
				end = strings.Index(rest, r.Close)
			}
			if end > 0 {
				name, otherwise, has := rest[len(r.Open):end], "", false
				if r.Default != "" {
					name, otherwise, has = strings.Cut(name, r.Default)
				}
				if variableName.MatchString(name) {
					b.WriteString("${env:" + name)
					if has {
						b.WriteString(":-" + strings.ReplaceAll(otherwise, "$", "$$"))
					}
					b.WriteString("}")
					i += end + len(r.Close)
					continue
				}
			}
		}
		if m := plainVariable.FindStringSubmatch(rest); r.Plain && m != nil && strings.HasPrefix(rest, m[0]) {
			b.WriteString("${env:" + m[1] + "}")
			i += len(m[0])
			continue
		}
		if value[i] == '$' {
			b.WriteByte('$')
		}
		b.WriteByte(value[i])
		i++
	}
	return b.String(), left
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
