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
// clientSecret, --api-key.
func Sensitive(name string) bool {
	if len(name) < 3 || len(name) > 128 {
		return false
	}
	name = squeeze.Replace(strings.ToLower(name))
	for _, end := range endings {
		if strings.HasSuffix(name, end) {
			return !references[name]
		}
	}
	return false
}

var squeeze = strings.NewReplacer("_", "", "-", "", ".", "")

// open reports whether a value tells nothing: it is empty, a reference or a word
// that settings have.
func open(value string) bool {
	switch strings.ToLower(value) {
	case "", "true", "false", "null", "none", "nil", "yes", "no", "disabled", "enabled", "optional", "required", "~", "{}", "[]", "|", ">", "|-", ">-":
		return true
	}
	return strings.HasPrefix(value, marked) || strings.HasPrefix(value, "$(") || strings.HasPrefix(value, "${") ||
		strings.HasPrefix(value, "<") || strings.HasPrefix(value, "{{") || strings.Trim(value, "*.x") == ""
}
