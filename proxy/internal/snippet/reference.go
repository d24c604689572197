package snippet

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// errSecret is a text that stands for a secret: the client would ask for it, read it
// from a file, or take it from a variable that loomd does not have.
var errSecret = errors.New("it stands for a secret")

// references are what clients put in place of a value. A dollar sign without braces
// is one only by itself: in the middle of an argument it is for a shell, mostly.
var references = regexp.MustCompile(`\$\{([^{}]*)\}|\{((?:env|file):[^{}]*)\}|^\$([A-Za-z_][A-Za-z0-9_]*)$`)

var variable = regexp.MustCompile(`^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$`)

// reference turns a client's references into the registry's. The error is errSecret,
// or says what Loom cannot know.
func reference(text string) (string, error) {
	var b strings.Builder
	literal := func(text string) { b.WriteString(strings.ReplaceAll(text, "$", "$$")) }
	isSecret, at := false, 0
	for _, m := range references.FindAllStringSubmatchIndex(text, -1) {
		literal(text[at:m[0]])
		at = m[1]
		body := ""
		for i := 2; i < len(m); i += 2 {
			if m[i] >= 0 {
				body = text[m[i]:m[i+1]]
			}
		}
		v := variable.FindStringSubmatch(body)
		switch {
		case strings.HasPrefix(body, "input:"), strings.HasPrefix(body, "file:"):
			isSecret = true
		case body == "userHome":
			b.WriteString("${env:HOME}")
		case body == "workspaceFolder":
			b.WriteString(".") // a server of one project runs in its folder
		case v == nil, body == "workspaceFolderBasename", body == "pathSeparator":
			return "", fmt.Errorf("only its client knows what %s is: write the value into the snippet", text[m[0]:m[1]])
		case secretName.MatchString(v[1]) && !publicName.MatchString(v[1]):
			isSecret = true
		case strings.Contains(body, ":-"):
			b.WriteString("${env:" + v[1] + ":-" + strings.ReplaceAll(v[2], "$", "$$") + "}")
		default:
			b.WriteString("${env:" + v[1] + "}")
		}
	}
	if isSecret {
		return "", errSecret
	}
	literal(text[at:])
	return b.String(), nil
}
