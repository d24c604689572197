package snippet

import "strings"

// IsPlain reports a variable's or header's value in a client's file that is a secret
// as it stands there: no reference is in its place, and it is not to be filled in yet.
func IsPlain(variable, value string) bool {
	without := references.ReplaceAllString(value, "")
	bare := strings.TrimSpace(bearer.ReplaceAllString(without, ""))
	switch {
	case bare == "" || placeholder.MatchString(bare):
		return false
	case without != value: // what is left beside a reference has no name of its own
		return secretShape.MatchString(bare) || secretURL.MatchString(without)
	}
	return IsSecret(variable, value)
}

// IsPlainArgument is the same for an argument, which may have a name in it or in the
// one before it.
func IsPlainArgument(before, arg string) bool {
	name, value := "", arg
	if m := assignment.FindStringSubmatch(arg); m != nil && !strings.HasPrefix(m[2], "//") {
		name, value = m[1], m[2]
	} else if strings.HasPrefix(before, "--") && !strings.HasPrefix(arg, "-") {
		name = strings.TrimLeft(before, "-")
	}
	if name != "" && secretName.MatchString(name) {
		return IsPlain(name, value)
	}
	without := references.ReplaceAllString(value, "")
	return !placeholder.MatchString(without) && (secretShape.MatchString(without) || secretURL.MatchString(without))
}
