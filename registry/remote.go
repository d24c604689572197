package registry

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/loom-core/loom/core/secret"
)

// processKeys say how a process is started, and mean nothing for a server that
// is somewhere else.
var processKeys = []string{"from", "command", "args", "cwd", "env", "client_env", "limits"}

// whereabouts reports keys that do not go together: a server is a process or an
// address. at has the value of each key that is there.
func (r *reader) whereabouts(at map[string]*yaml.Node) {
	if at["url"] == nil {
		// Without either, another layer may have the address.
		if v := at["headers"]; v != nil && (at["command"] != nil || at["from"] != nil) {
			r.problem(v, "a process gets its secrets in env", "headers are for a server with a url")
		}
		return
	}
	for _, key := range processKeys {
		if v := at[key]; v != nil {
			r.problem(v, "remove one of the two", "%s and url exclude each other: a remote server is no process of ours", key)
		}
	}
}

// url reads an address. It always returns one, as command does.
func (r *reader) url(n *yaml.Node) *string {
	text, ok := r.scalar(n, "url")
	if !ok {
		return &text
	}
	template, ok := r.references(n, text, "url", true)
	if !ok {
		return &text
	}
	for _, ref := range template.Refs() {
		switch {
		case ref.Kind != secret.Env:
			r.problem(n, "pass it in headers", "url must not hold %s: addresses are shown and logged", ref)
			return &text
		case ref.Optional:
			r.problem(n, "write ${env:"+ref.Name+":-} for an empty text", "url must not hold %s: ? leaves out a variable or a header, and this is neither", ref)
			return &text
		}
	}
	literal, whole := template.Literal()
	if !whole {
		// What a reference stands for is known to loomd alone.
		if begin := template.Prefix(); !beginsURL(begin) {
			r.problem(n, "", "url must begin with http:// or https://, this is %q", text)
		}
		return &text
	}
	switch {
	case address.MatchString(literal):
	case withUser.MatchString(literal):
		r.problem(n, `write headers: {Authorization: "Basic ${secret:NAME}"}`, "url must not hold a user or a password: addresses are shown and logged")
	case strings.Contains(literal, "#"):
		r.problem(n, "remove what begins with #", "url has a fragment, which is never sent: %q", text)
	default:
		r.problem(n, "", "url must be like https://host/path, this is %q", text)
	}
	return &text
}

// An address is read without net/url, which would bring the network with it:
// this package is told apart from those that use one by what it imports.
var (
	address  = regexp.MustCompile(`^(?i:https?)://(?:[^\s/?#@:%\[\]\\]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?](?:[^\s#%]|%[0-9A-Fa-f]{2})*)?$`)
	withUser = regexp.MustCompile(`^(?i:https?)://[^/?#]*@`)
)

// beginsURL reports whether text is the beginning of an address, as far as it
// goes.
func beginsURL(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"http://", "https://"}, func(scheme string) bool {
		return strings.HasPrefix(text, scheme) || strings.HasPrefix(scheme, text)
	})
}

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") // RFC 9110, 5.6.2

// ownHeaders are those of the transport itself, in lower case.
var ownHeaders = []string{
	"accept", "connection", "content-length", "content-type", "host", "last-event-id",
	"mcp-method", "mcp-name", "mcp-protocol-version", "mcp-session-id", "transfer-encoding",
}

// headers reads what is sent to url. gone is called for one without a value; nil: it
// must have one.
func (r *reader) headers(n *yaml.Node, gone func(name string)) map[string]string {
	headers, first := map[string]string{}, map[string]string{}
	r.entries(n, "headers", func(key, v *yaml.Node) {
		folded := strings.ToLower(key.Value)
		switch {
		case !headerName.MatchString(key.Value):
			r.problem(key, "", "invalid name of a header %q", key.Value)
		case slices.Contains(ownHeaders, folded):
			r.problem(key, "remove it", "the header %s is loomd's own", key.Value)
		case first[folded] != "":
			r.problem(key, "", "the header %s is given twice, first as %s", key.Value, first[folded])
		}
		first[folded] = key.Value
		if isNull(v) && gone != nil {
			gone(key.Value)
		} else if isNull(v) {
			r.problem(v, `write "" for an empty text`, "%s has no value", key.Value)
		} else if text, ok := r.scalar(v, key.Value); ok {
			template, _ := r.references(v, text, key.Value, true)
			for _, ref := range template.Refs() {
				if ref.Kind == secret.SecretFile {
					r.problem(v, "write ${secret:"+ref.Name+"}", "%s must not hold %s: nobody at the other end can read a file of this machine", key.Value, ref)
				}
			}
			if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
				r.problem(v, "write it in one line, within quotes", "%s must not hold a line end or another control character", key.Value)
			}
			headers[key.Value] = text
		}
	})
	return headers
}
