package session

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/loom-core/loom/daemon/internal/pool"
	"github.com/loom-core/loom/registry"
)

// workspace is the project that a session is about.
type workspace struct {
	top string // of the project; empty when the directory is none
	dir string // where the client started the proxy; may be empty
}

// vcs are the folders that mark the top of a project.
var vcs = []string{".git", ".hg", ".svn", ".jj"}

// findWorkspace walks up from dir to the top of a checkout. HOME and / are
// nobody's project, even when somebody keeps them under version control.
func findWorkspace(dir string) workspace {
	if !filepath.IsAbs(dir) {
		return workspace{}
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	home, _ := os.UserHomeDir()
	if real, err := filepath.EvalSymlinks(home); err == nil {
		home = real
	}
	for top := dir; top != "/" && top != home; top = filepath.Dir(top) {
		if slices.ContainsFunc(vcs, func(mark string) bool {
			_, err := os.Lstat(filepath.Join(top, mark))
			return err == nil
		}) {
			return workspace{top: top, dir: dir}
		}
	}
	return workspace{dir: dir}
}

// own is the sharing key of what only this session uses.
func (s *Session) own() string { return "session " + s.id }

// sharing says which process of a server is this session's.
func (s *Session) sharing(server registry.Server) pool.Sharing {
	switch {
	case server.Share == registry.ShareGlobal:
		return pool.Sharing{}
	case server.Share == registry.ShareWorkspace && s.where.top != "":
		return pool.Sharing{Key: s.where.top, Dir: s.where.top}
	}
	dir := s.where.top
	if dir == "" {
		dir = s.where.dir
	}
	return pool.Sharing{Key: s.own(), Dir: dir}
}
