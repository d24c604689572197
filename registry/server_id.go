package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
)

// In an id the separators stand between a server's name, the project that it is of,
// and the client that it is for. Neither can occur in what stands before it.
const (
	projectSeparator = "@"
	clientSeparator  = "+"
)

// maxProjectTag bounds what of a project's folder is in an id; the hash behind
// it tells apart what was cut.
const maxProjectTag = 24

// ID tells servers apart where those of several projects and clients meet: in
// processes, definitions, logs, metrics and audit records. It is the name; for a
// server of a project name@folder-hash, so that two projects that both have a
// server db share nothing; and with +client behind it for what one client has in
// place of the server. Clients never see it.
func (s Server) ID() string {
	id := string(s.Name)
	if s.Project != "" {
		id += projectSeparator + ProjectTag(s.Project)
	}
	if s.Client != "" {
		id += clientSeparator + s.Client
	}
	return id
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
	if i := strings.IndexAny(id, projectSeparator+clientSeparator); i >= 0 {
		id = id[:i]
	}
	return ServerName(id)
}

// BaseOf is the id of the server in whose place a client has the one with that id;
// any other id is its own.
func BaseOf(id string) string {
	base, _, _ := strings.Cut(id, clientSeparator)
	return base
}

// IsFor reports whether the sessions of a client have s: of the servers of one name
// just one is for it. client may be empty.
func (s Server) IsFor(client string) bool {
	return s.Client == client || s.Client == "" && !slices.Contains(s.Except, client)
}
