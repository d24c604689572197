// Package snippet reads what a README says to paste into a client's config: JSON
// of any client's form, with comments and trailing commas, with or without the
// braces around it.
//
// What it gives are entries in the registry's words. References to variables are
// in the registry's syntax; a value that is a secret, or stands for one that the
// reader is to put in, is a [Secret] and no text of the entry.
package snippet

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/registry"
)

// Server is one entry.
type Server struct {
	Name    string // as the snippet has it; empty for an entry without one
	Entry   registry.New
	Secrets []Secret
	Lost    []string // keys that mean nothing to Loom, sorted
}

// MaxSize is the longest text that is read, in bytes.
const MaxSize = 1 << 20

// containers are where clients keep their servers.
var containers = [][]string{
	{"mcpServers"}, {"mcp", "servers"}, {"context_servers"}, {"amp.mcpServers"}, {"servers"}, {"mcp"}, {"mcp_servers"},
}

// Parse reads a snippet. There is at least one server in what it returns.
func Parse(text string) ([]Server, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("the snippet has %d bytes, at most %d are read", len(text), MaxSize)
	}
	file, err := configfile.Parse(configfile.JSONC, []byte(text))
	if err != nil {
		// Many READMEs leave the outer braces away.
		if braced, again := configfile.Parse(configfile.JSONC, []byte("{"+strings.TrimSuffix(strings.TrimSpace(text), ",")+"\n}")); again == nil {
			file, err = braced, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading the snippet: %w", err)
	}
	root, _, err := file.Entries()
	if err != nil {
		return nil, fmt.Errorf("reading the snippet: %w", err)
	}
	for _, path := range containers {
		entries, ok, err := file.Entries(path...)
		if err == nil && ok && len(path) == 1 && path[0] == "mcp" && !slices.ContainsFunc(entries, isEntry) {
			continue
		}
		if err == nil && ok {
			return servers(entries)
		}
	}
	whole := configfile.Object{}
	for _, e := range root {
		whole = append(whole, configfile.Member{Key: e.Key, Value: e.Value})
	}
	if isEntry(configfile.Entry{Value: whole}) {
		return servers([]configfile.Entry{{Value: whole}})
	}
	if len(root) > 0 && !slices.ContainsFunc(root, func(e configfile.Entry) bool { return !isEntry(e) }) {
		return servers(root)
	}
	return nil, errors.New("the snippet has no server: neither mcpServers or the like, nor a command or a url")
}

// isEntry reports a mapping that says what to start or where to connect.
func isEntry(e configfile.Entry) bool {
	o, ok := e.Value.(configfile.Object)
	if !ok {
		return false
	}
	for _, key := range append([]string{"command", "cmd"}, urlKeys...) {
		if v, ok := o.Get(key); ok && v != nil {
			inner, nested := v.(configfile.Object)
			if _, zed := inner.Get("path"); !nested || zed {
				return true
			}
		}
	}
	return false
}

func servers(entries []configfile.Entry) ([]Server, error) {
	var out []Server
	var errs []error
	for _, e := range entries {
		s, err := read(e)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, s)
	}
	if len(out) == 0 && len(errs) == 0 {
		return nil, errors.New("the snippet has no server in it")
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return out, nil
}

// Name makes a server's name of what a snippet calls it.
func Name(text string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(text) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == 20 {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}
