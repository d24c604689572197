package snippet

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/registry"
)

// Secret is a value that belongs into the keyring. Value is empty for one that the
// snippet only stands in for.
type Secret struct {
	Name  string // in the keyring
	For   string // the variable or header
	Value secret.Value
	Known bool // Value is the snippet's
}

var (
	secretName = regexp.MustCompile(`(?i)(tokens?([_-]|[0-9]|$)|secret|passw|passphrase|api[_-]?key|[_-]key$|^key$|credential|(^|[_-])auth(orization)?$|cookie|[_-]pat$|^pat$|private[_-]?key|dsn$|connection_?string)`)
	// What is no secret although its name sounds so.
	publicName  = regexp.MustCompile(`(?i)([_-](url|uri|file|path|dir|type|id|name|mode|method|host|port|scope|scopes|limit|length|ttl|enabled)$|max_?tokens|token_limit)`)
	publicWord  = regexp.MustCompile(`(?i)^(|true|false|on|off|yes|no|none|null|basic|bearer|oauth2?|required|optional|[0-9]{1,5})$`)
	secretShape = regexp.MustCompile(`^(gh[pousr]_|github_pat_|glpat-|sk-|xox[abprs]-|AKIA|ASIA|AIza|eyJ|npm_|pypi-|hf_|dop_v1_|shpat_|SG\.|ATATT|lin_api_|ntn_|secret_|pk_live_|sk_live_|rk_live_)|-----BEGIN `)
	// An address with a password, or with a key in its query.
	secretURL   = regexp.MustCompile(`(?i)^[a-z][a-z0-9+.-]*://([^/?#@\s]*:[^/?#@\s]+@|[^#]*[?&][^=&]*(token|secret|passw|key|auth|sig|signature)=[^&])`)
	path        = regexp.MustCompile(`^((~|\.\.?)?/|[A-Za-z]:\\|[a-z][a-z0-9+.-]*://)`)
	random      = regexp.MustCompile(`^[A-Za-z0-9+/]{32,}={0,2}$`)
	placeholder = regexp.MustCompile(`(?i)^(<[^<>]*>|\[[a-z][a-z _-]*\]|\{\{[^{}]*\}\}|your[-_ ].*|.*[-_]your[-_].*|.*[-_ ]here|.*x{5,}|x{3,}|.*\*{3,}|.*\.{3}|.*…|insert[-_ ].*|replace[-_ ].*|changeme|todo|paste[-_ ].*)$`)
	bearer      = regexp.MustCompile(`(?i)^(bearer|token|basic)\s+`)
)

// IsPlaceholder reports a text that stands for what its reader is to put in.
func IsPlaceholder(text string) bool { return placeholder.MatchString(strings.TrimSpace(text)) }

// IsSecret reports a value that looks like a secret, by the name of its variable or
// by its shape.
func IsSecret(variable, value string) bool {
	bare := bearer.ReplaceAllString(value, "")
	switch {
	case secretShape.MatchString(bare), secretURL.MatchString(value):
		return true
	case path.MatchString(value) && !(random.MatchString(value) && entropy(value) > 4.3), publicWord.MatchString(value):
		return false
	case publicName.MatchString(variable):
		return false
	case secretName.MatchString(variable):
		return true
	}
	return len(value) >= 24 && entropy(value) > 4 && !strings.ContainsAny(value, " \t/\\")
}

// Scheme is what stands before a token in a header, with its blank: "Bearer ".
func Scheme(value string) string { return bearer.FindString(value) }

// entropy is that of the characters of a text, in bits each.
func entropy(text string) float64 {
	count := map[rune]float64{}
	for _, c := range text {
		count[c]++
	}
	sum := 0.0
	for _, n := range count {
		p := n / float64(len(text))
		sum -= p * math.Log2(p)
	}
	return sum
}

// SecretName is what a secret is called that a server has in a variable or header.
func SecretName(server, variable string) string {
	name := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(variable), "-"), "-")
	if server == "" || name == server || strings.HasPrefix(name, server+"-") {
		return name
	}
	return server + "-" + name
}

// Rename gives the server a name, which its secrets begin with: servers that were
// pasted without one must not share what both call API_KEY.
func (s *Server) Rename(name string) {
	s.Name = name
	for i, one := range s.Secrets {
		s.Secrets[i].Name = SecretName(name, one.For)
		for _, vars := range [][]registry.EnvVar{s.Entry.Env, s.Entry.Headers} {
			for j, v := range vars {
				if v.Name == one.For {
					vars[j].Value = strings.Replace(v.Value, "${secret:"+one.Name+"}", "${secret:"+s.Secrets[i].Name+"}", 1)
				}
			}
		}
	}
}

// value is a variable's or header's value in the registry's words.
func (s *Server) value(variable, value string) (string, error) {
	head := bearer.FindString(value)
	rest := strings.TrimPrefix(value, head)
	ref, err := reference(rest)
	secretRef := errors.Is(err, errSecret)
	if err != nil && !secretRef {
		return "", fmt.Errorf("%s: %w", variable, err)
	}
	plain := !secretRef && ref == strings.ReplaceAll(rest, "$", "$$")
	switch {
	case secretRef, plain && IsPlaceholder(rest), plain && IsSecret(variable, value):
	case plain && rest == "" && secretName.MatchString(variable) && !publicName.MatchString(variable): // to be filled in
	default:
		return head + ref, nil
	}
	one := Secret{Name: SecretName(s.Name, variable), For: variable, Known: plain && !IsPlaceholder(rest) && rest != ""}
	if one.Known {
		one.Value = secret.NewValue(rest)
	}
	s.Secrets = append(s.Secrets, one)
	return head + "${secret:" + one.Name + "}", nil
}
