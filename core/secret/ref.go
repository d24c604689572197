package secret

import "strconv"

// Kind is where the value of a reference comes from.
type Kind uint8

// The kinds of reference.
const (
	Env        Kind = iota + 1 // a variable in the environment of loomd
	Secret                     // a secret, by value
	SecretFile                 // a secret, by the path of a file that holds it
)

var kinds = map[string]Kind{"env": Env, "secret": Secret, "secretfile": SecretFile}

// String is the word that the kind is written with.
func (k Kind) String() string {
	for word, kind := range kinds {
		if kind == k {
			return word
		}
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Ref is one reference.
type Ref struct {
	Kind       Kind
	Name       string
	Default    string // what to use in place of an unset or empty variable
	HasDefault bool   // Default counts, even if it is empty
	Optional   bool   // leave the whole variable out if there is no value
}

// String names the reference in messages. The default is left out.
func (r Ref) String() string {
	mark := ""
	if r.Optional {
		mark = "?"
	}
	return "${" + r.Kind.String() + ":" + r.Name + mark + "}"
}

// maxName is longer than any name in use and short enough for every keyring.
const maxName = 128

// ValidName reports whether a secret can have that name.
func ValidName(name string) bool { return validName(Secret, name) }

// validName reports whether a reference of kind k can name name. A secret's
// name is used in files and service names, so it has no slash and no blank.
func validName(k Kind, name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
		case '0' <= c && c <= '9':
			if i == 0 && k == Env {
				return false
			}
		case c == '-' || c == '.':
			if i == 0 || k == Env {
				return false
			}
		default:
			return false
		}
	}
	return true
}
