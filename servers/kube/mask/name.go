package mask

import "strings"

// endings are what the names of credentials end in, without dashes and the like.
var endings = []string{
	"password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "signingkey",
	"encryptionkey", "clientkeydata", "clientcertificatedata", "secretaccesskey", "credential", "credentials", "connectionstring", "dsn", "htpasswd",
}

// references end like a credential and are the name of one.
var references = map[string]bool{"existingsecret": true, "imagepullsecret": true, "pullsecret": true, "tlssecret": true, "certsecret": true}

// Sensitive reports whether something of this name is a credential: DB_PASSWORD,
// clientSecret, --api-key, password-prod, token.txt.
func Sensitive(name string) bool {
	if len(name) < 3 || len(name) > 320 {
		return false
	}
	name = squeeze.Replace(bare(strings.ToLower(name)))
	for _, end := range endings {
		if strings.HasSuffix(name, end) {
			return !references[name]
		}
	}
	return false
}

var squeeze = strings.NewReplacer("_", "", "-", "", ".", "")

const (
	digits     = "0123456789"
	separators = "_-."
)

// which are words after a name that say which one it is, and not what.
var which = map[string]bool{
	"txt": true, "prod": true, "production": true, "staging": true, "stage": true, "dev": true, "test": true, "qa": true, "v": true,
	"old": true, "new": true, "current": true, "previous": true, "primary": true, "secondary": true, "backup": true, "default": true, "": true,
}

// bare is a name without those and without a number: password of password-prod-2.
func bare(name string) string {
	for {
		name = strings.TrimRight(name, digits)
		at := strings.LastIndexAny(name, separators)
		if at < 0 || !which[name[at+1:]] {
			return name
		}
		name = name[:at]
	}
}

// holders are members that have what the member above them is called.
var holders = map[string]bool{
	"value": true, "values": true, "data": true, "raw": true, "plain": true, "plaintext": true, "cleartext": true, "text": true, "string": true,
	"literal": true, "inline": true, "content": true, "primary": true, "secondary": true, "current": true, "previous": true, "old": true, "new": true,
}

// open reports whether a value tells nothing: it is empty, a reference or a word
// that settings have.
func open(value string) bool {
	switch strings.ToLower(value) {
	case "", "true", "false", "null", "none", "nil", "yes", "no", "disabled", "enabled", "optional", "required", "~", "{}", "[]", "|", ">", "|-", ">-":
		return true
	}
	return strings.Trim(value, "*.x") == "" || placeholder(value) == len(value)
}

// brackets are around what stands in the place of a value.
var brackets = [][2]string{{marked, "]"}, {"$(", ")"}, {"${", "}"}, {"{{", "}}"}, {"<", ">"}}

// placeholder is how long the one is with which s begins; 0: there is none.
func placeholder(s string) int {
	for _, b := range brackets {
		inner, ok := strings.CutPrefix(s, b[0])
		if !ok {
			continue
		}
		if end := strings.Index(inner, b[1]); end >= 0 && !strings.ContainsAny(inner[:end], "\r\n<") {
			return len(b[0]) + end + len(b[1])
		}
	}
	return 0
}
