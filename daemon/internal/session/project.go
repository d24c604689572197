package session

import (
	"context"
)

// projects knows which folders add something of their own to the registry.
type projects interface {
	// Find is the folder of the project that dir is in, empty when it is in
	// none, and sees to it that the hub knows what sessions there see. It takes
	// no more than a read of a small file.
	Find(dir string) (project string)
}

// Locate finds the project that the session is in, and returns its folder. It
// is called when the session begins, when the client names another folder, and
// when what is trusted may have changed. changed tells that it is another one
// than before: the hub told nobody of that.
func (s *Session) Locate() (project string, changed bool) {
	s.mu.Lock()
	dir := s.where.dir
	s.mu.Unlock()
	if dir != "" {
		project = s.svc.Projects.Find(dir)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	changed = s.project != project
	if changed { // what servers gave, they gave under names of that project
		s.given, s.tasks = map[string]string{}, map[string][]task{}
	}
	s.project = project
	return project, changed
}

// Relocate is [Session.Locate] for a session whose client has been told of a view.
func (s *Session) Relocate() {
	if _, changed := s.Locate(); changed {
		s.viewChanged()
		s.learn()
	}
}

// Project is the folder of the project that the session is in; it may be empty.
func (s *Session) Project() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.project
}

type projectKey struct{}

// ProjectOf is the folder of the project in which the caller of a [Control] is.
func ProjectOf(ctx context.Context) string {
	project, _ := ctx.Value(projectKey{}).(string)
	return project
}
