package snippet

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// assignment is --flag=value, NAME=value or Header: value.
var assignment = regexp.MustCompile(`^-{0,2}([A-Za-z][A-Za-z0-9_-]*)(?:=|: *)(.*)$`)

// CheckArgs refuses arguments that hold a secret or stand for one, without repeating
// it: every user of the machine can read the arguments of a process.
func CheckArgs(args []string) error {
	for i, arg := range args {
		name, value := "", arg
		if m := assignment.FindStringSubmatch(arg); m != nil && !strings.HasPrefix(m[2], "//") {
			name, value = m[1], m[2]
		} else if i > 0 && strings.HasPrefix(args[i-1], "--") && !strings.HasPrefix(arg, "-") {
			name = strings.TrimLeft(args[i-1], "-")
		}
		what := ""
		switch _, err := reference(value); {
		case errors.Is(err, errSecret):
			what = "stands for a secret"
		case IsPlaceholder(value) && value != "..." && value != "…":
			what = "stands for something that you have to fill in"
		case secretShape.MatchString(value), secretURL.MatchString(value), name != "" && secretName.MatchString(name) && IsSecret(name, value):
			what = "looks like a secret"
		default:
			continue
		}
		return fmt.Errorf("the argument %d%s %s, and every user of the machine can read arguments: give it in a variable, if the server takes it from one (docker run: -e NAME alone passes one on)", i+1, of(name), what)
	}
	return nil
}

// CheckURL refuses an address with a secret in it.
func CheckURL(url string) error {
	if _, err := reference(url); errors.Is(err, errSecret) || secretURL.MatchString(url) {
		return errors.New("the url holds a secret, and addresses are shown and logged: give it in a header, if the server takes it from one")
	}
	return nil
}

func of(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}
