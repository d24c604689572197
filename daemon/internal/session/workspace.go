package session

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/hub"
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
	dir = real(dir)
	for top := dir; isProject(top); top = filepath.Dir(top) {
		if slices.ContainsFunc(vcs, func(mark string) bool {
			_, err := os.Lstat(filepath.Join(top, mark))
			return err == nil
		}) {
			return workspace{top: top, dir: dir}
		}
	}
	return workspace{dir: dir}
}

// isProject reports whether a folder can be a project: not / and not HOME,
// where everything of everybody is.
func isProject(dir string) bool {
	home, _ := os.UserHomeDir()
	return dir != "/" && dir != "" && dir != real(home)
}

func real(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return dir
}

// key is the sharing key of what only this session uses.
func (s *Session) key() string { return "session " + s.id }

// sharing says which process of a server is this session's.
func (s *Session) sharing(server registry.Server, who asker) pool.Sharing {
	s.mu.Lock()
	where, env, legacy := s.where, s.env, s.client.legacy
	s.mu.Unlock()
	wanted := pick(env, server.ClientEnv)
	era := child.Unknown
	if !who.modern && s.svc.Hub.Both(server.ID()) {
		era = child.Legacy
	}
	switch {
	case server.Share == registry.ShareGlobal:
		return pool.Sharing{Dir: server.Project, Env: wanted, Era: era}
	case server.Share == registry.ShareWorkspace && server.Project != "": // whatever else of it is open
		return pool.Sharing{Key: server.Project, Dir: server.Project, Env: wanted, Era: era}
	case server.Share == registry.ShareWorkspace && where.top != "":
		return pool.Sharing{Key: where.top, Dir: where.top, Env: wanted, Era: era}
	}
	if legacy && !who.modern { // whether it speaks both may be found out only now
		era = child.Legacy
	}
	dir := cmp.Or(server.Project, where.top, where.dir)
	return pool.Sharing{Key: s.key(), Dir: dir, Env: wanted, Era: era, Owner: s, Client: s.mirror(who)}
}

// learnt says which process of a server is started so that its definitions can
// be read. What only one session uses is not: the client has not said yet what
// it can do.
func (s *Session) learnt(server registry.Server) pool.Sharing {
	sharing := s.sharing(server, asker{modern: true}) // in the newest era, which says more
	if sharing.Owner != nil {
		return pool.Sharing{Key: pool.LearnKey, Dir: sharing.Dir, Env: sharing.Env}
	}
	return sharing
}

// clientEnv names what the servers of a view want of the client's environment,
// and may have.
func clientEnv(view *hub.View) []string {
	var names []string
	for _, server := range view.Servers() {
		for _, name := range server.ClientEnv {
			if server.MayHaveEnv(name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// takeEnv keeps what the proxy hands over.
func (s *Session) takeEnv(params []byte) {
	var e loomrpc.ClientEnv
	if err := json.Unmarshal(params, &e); err != nil {
		s.svc.Log.Warn("reading the client's environment", "session", s.id, "err", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.env = nil
	for name, value := range e.Vars {
		s.env = append(s.env, name+"="+value)
	}
	slices.Sort(s.env)
}

// pick returns those of env that are named.
func pick(env, names []string) []string {
	var out []string
	for _, kv := range env {
		for _, name := range names {
			if len(kv) > len(name) && kv[:len(name)] == name && kv[len(name)] == '=' {
				out = append(out, kv)
			}
		}
	}
	return out
}
