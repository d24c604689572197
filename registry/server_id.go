package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"
)

// idSeparator stands between a server's name, in which it cannot occur, and
// the project that it is of.
const idSeparator = "@"

// maxProjectTag bounds what of a project's folder is in an id; the hash behind
// it tells apart what was cut.
const maxProjectTag = 24

// ID tells servers apart where those of several projects meet: in processes,
// definitions, logs, metrics and audit records. It is the name, and for a
// server of a project name@folder-hash, so that two projects that both have a
// server db share nothing. Clients never see it.
func (s Server) ID() string {
	if s.Project == "" {
		return string(s.Name)
	}
	return string(s.Name) + idSeparator + ProjectTag(s.Project)
}

// ProjectTag is how ids name the project in that folder: a file's name, and a
// word for people.
func ProjectTag(dir string) string {
	base := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, filepath.Base(dir))
	sum := sha256.Sum256([]byte(dir))
	return base[:min(len(base), maxProjectTag)] + "-" + hex.EncodeToString(sum[:4])
}

// NameOf is the name in an id.
func NameOf(id string) ServerName {
	name, _, _ := strings.Cut(id, idSeparator)
	return ServerName(name)
}
