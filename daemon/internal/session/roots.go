package session

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// rootsWait is how long a call of a server that is shared by project waits for
// the client to say which project it is in.
const rootsWait = 2 * time.Second

// askRoots asks the client for its folders: the first one is the project that
// workspace servers run in. Until it has said so, and at most rootsWait, their
// calls wait, in order.
func (s *Session) askRoots() {
	s.mu.Lock()
	if s.rooting || !can(s.client.capabilities, "roots") {
		s.mu.Unlock()
		return
	}
	s.rooting = true
	s.mu.Unlock()
	limit := time.AfterFunc(rootsWait, s.rooted)
	s.ask(mcp.RootsList, nil, func(frame []byte, m jsonrpc.Message) {
		limit.Stop()
		if dir := firstFolder(frame, m); isFolder(dir) {
			where := workspace{top: dir, dir: dir}
			if !isProject(real(dir)) {
				where.top = ""
			}
			s.mu.Lock()
			s.where = where
			s.mu.Unlock()
			s.Relocate()
		}
		s.rooted()
	}, func(string) { limit.Stop(); s.rooted() })
}

// ownRoots is Loom's answer to roots/list for a client that has none: the project
// that it was started in. nil: it is in none, or that was not the question.
func (s *Session) ownRoots(method string) []byte {
	s.mu.Lock()
	top := s.where.top
	s.mu.Unlock()
	if method != mcp.RootsList || top == "" {
		return nil
	}
	uri := url.URL{Scheme: "file", Path: top}
	return slices.Concat([]byte(`{"roots":[{"uri":`), jsonrpc.Quote(uri.String()), []byte(`,"name":`), jsonrpc.Quote(filepath.Base(top)), []byte(`}]}`))
}

// isFolder reports whether a server can run there: some clients name folders of
// another machine.
func isFolder(dir string) bool {
	fi, err := os.Stat(dir)
	return err == nil && fi.IsDir()
}

// firstFolder is the first file:// root in an answer to roots/list.
func firstFolder(frame []byte, m jsonrpc.Message) (dir string) {
	list, _ := jsonrpc.Find(frame, m.Result, "roots")
	jsonrpc.Elements(frame, list, func(root jsonrpc.Span) bool {
		span, _ := jsonrpc.Find(frame, root, "uri")
		u, err := url.Parse(text(frame, span))
		if err == nil && u.Scheme == "file" && (u.Host == "" || u.Host == "localhost") {
			dir = u.Path
		}
		return dir == ""
	})
	return dir
}

// whenRooted runs f when the project is known: now, or after those before it.
func (s *Session) whenRooted(f func()) {
	s.mu.Lock()
	if s.rooting {
		s.awaiting = append(s.awaiting, f)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	f()
}

// rooted lets those go on that wait, in their order.
func (s *Session) rooted() {
	s.draining.Lock()
	defer s.draining.Unlock()
	for {
		s.mu.Lock()
		if len(s.awaiting) == 0 {
			s.rooting = false
			s.mu.Unlock()
			return
		}
		f := s.awaiting[0]
		s.awaiting = s.awaiting[1:]
		s.mu.Unlock()
		f()
	}
}
