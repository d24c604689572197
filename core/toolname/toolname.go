// Package toolname makes the names under which clients see tools. loomd serves by
// them, and loom has to know them where a client's rules name tools.
package toolname

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// Max is the length of the longest name. Clients put their own prefix in front
// (mcp__loom__, 11 characters) and cut or drop what is over 63.
const Max = 52

// Separator stands between a server, in whose name it cannot occur, and a tool.
const Separator = "__"

// Expose returns the name under which clients see a tool: server__tool, of at
// most [Max] characters of [A-Za-z0-9_-]. A name that had to be changed
// ends in a hash of what it was, so that two never become one. Nothing takes a
// name apart again: what it stands for is looked up.
func Expose(server, tool string) string {
	name := server + Separator + strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, tool)
	if name == server+Separator+tool && len(name) <= Max && tool != "" {
		return name
	}
	return Hashed(name, server, tool)
}

// Hashed is name with the hash of (server, tool) at its end, cut to fit.
func Hashed(name, server, tool string) string {
	sum := sha256.Sum256([]byte(server + "\x00" + tool))
	hash := "_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:6]
	if len(name) > Max-len(hash) {
		name = name[:Max-len(hash)]
	}
	return name + hash
}
