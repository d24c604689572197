package snippet

import (
	"math"
	"regexp"
	"strings"

	"github.com/loom-core/loom/core/secret"
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
	secretName = regexp.MustCompile(`(?i)(token|secret|passw|api_?key|apikey|_key$|^key$|credential|auth|_pat$|^pat$|private|dsn|connection_?string)`)
	// What is no secret although its name sounds so.
	publicName  = regexp.MustCompile(`(?i)(_url$|_file$|_path$|_dir$|_type$|_id$|_name$|_mode$|_host$|_port$|max_tokens|token_limit)`)
	secretShape = regexp.MustCompile(`^(gh[pousr]_|github_pat_|glpat-|sk-|xox[abprs]-|AKIA|ASIA|AIza|eyJ|npm_|pypi-|hf_|dop_v1_|shpat_|SG\.|ATATT|lin_api_|ntn_|secret_|pk_live_|sk_live_|rk_live_)`)
	placeholder = regexp.MustCompile(`(?i)^(<[^<>]*>|\[[^\[\]]*\]|\{\{[^{}]*\}\}|your[-_ ].*|.*[-_]your[-_].*|.*[-_ ]here|x{3,}|\.{3}|…|insert[-_ ].*|replace[-_ ].*|changeme|todo|paste[-_ ].*)$`)
	input       = regexp.MustCompile(`\$\{input:[^}]*\}`)
	bearer      = regexp.MustCompile(`(?i)^(bearer|token|basic)\s+`)
)

func isPlaceholder(text string) bool { return placeholder.MatchString(strings.TrimSpace(text)) }

// IsSecret reports a value that looks like a secret, by the name of its variable or
// by its shape.
func IsSecret(variable, value string) bool {
	switch {
	case secretShape.MatchString(bearer.ReplaceAllString(value, "")):
		return true
	case strings.ContainsAny(value, " \t/\\") && !bearer.MatchString(value) || len(value) < 6:
		return false
	case publicName.MatchString(variable):
		return false
	case secretName.MatchString(variable):
		return value != "true" && value != "false"
	}
	return len(value) >= 24 && entropy(value) > 4
}

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

// value is a variable's or header's value in the registry's words.
func (s *Server) value(server, variable, value string, header bool) string {
	ref, found := reference(value)
	head := ""
	if header {
		head = bearer.FindString(value)
	}
	rest := strings.TrimPrefix(value, head)
	plain := ref == strings.ReplaceAll(value, "$", "$$")
	switch {
	case found.secret, plain && isPlaceholder(rest), plain && IsSecret(variable, value):
	case plain && rest == "" && secretName.MatchString(variable) && !publicName.MatchString(variable): // to be filled in
	default:
		return ref
	}
	name := SecretName(server, variable)
	known := plain && !found.secret && !isPlaceholder(rest) && rest != ""
	one := Secret{Name: name, For: variable, Known: known}
	if known {
		one.Value = secret.NewValue(rest)
	}
	s.Secrets = append(s.Secrets, one)
	return head + "${secret:" + name + "}"
}

// foundReference says what a reference stood for.
type foundReference struct{ secret bool }

var references = regexp.MustCompile(`\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\{env:([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)`)

// reference turns a client's references to variables into the registry's. One
// whose name is that of a secret is a secret, since loomd has no such variable.
func reference(value string) (string, foundReference) {
	if input.MatchString(value) {
		return value, foundReference{secret: true}
	}
	var b strings.Builder
	found := foundReference{}
	at := 0
	literal := func(text string) { b.WriteString(strings.ReplaceAll(text, "$", "$$")) }
	for _, m := range references.FindAllStringSubmatchIndex(value, -1) {
		literal(value[at:m[0]])
		at = m[1]
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return value[m[2*i]:m[2*i+1]]
		}
		name := group(1) + group(3) + group(4)
		if secretName.MatchString(name) && !publicName.MatchString(name) {
			found.secret = true
		}
		b.WriteString("${env:" + name)
		if m[4] >= 0 {
			b.WriteString(":-" + strings.ReplaceAll(group(2), "$", "$$"))
		}
		b.WriteString("}")
	}
	literal(value[at:])
	return b.String(), found
}
