package hub

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// MaxName is the longest exposed name. Clients put their own prefix in front
// (mcp__loom__, 11 characters) and cut or drop what is over 63.
const MaxName = 52

const separator = "__"

// Expose returns the name under which clients see a tool: server__tool, of at
// most [MaxName] characters of [A-Za-z0-9_-]. A name that had to be changed
// ends in a hash of what it was, so that two never become one. Nothing takes a
// name apart again: what it stands for is looked up.
func Expose(server, tool string) string {
	name := server + separator + strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, tool)
	if name == server+separator+tool && len(name) <= MaxName && tool != "" {
		return name
	}
	return hashed(name, server, tool)
}

// Prefix is what the exposed names of a server's tools begin with.
func Prefix(server string) string { return server + separator }

// hashed is name with the hash of (server, tool) at its end, cut to fit.
func hashed(name, server, tool string) string {
	sum := sha256.Sum256([]byte(server + "\x00" + tool))
	hash := "_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:6]
	if len(name) > MaxName-len(hash) {
		name = name[:MaxName-len(hash)]
	}
	return name + hash
}
