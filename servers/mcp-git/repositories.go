package main

import (
	"context"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
	"github.com/loom-core/loom/servers/mcp-git/internal/git"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

// repositories opens what a call may read. It is the receiver of all tools.
type repositories struct {
	git     *git.Git
	allowed allow.Dirs       // from --allow
	cwd     string           // of this process
	home    string           // of its user
	now     func() time.Time // nil: time.Now
}

// inRepo is embedded in the arguments of every tool.
type inRepo struct {
	Repo string `arg:"repo" doc:"path of the repository" alias:"repo_path,repository,dir,cwd"`
}

func (a inRepo) path() string { return a.Repo }

// newTool declares a tool that reads the repository that its arguments name.
func newTool[A interface{ path() string }](rs *repositories, def kit.Def, handle func(context.Context, *repo.Repo, A) (*kit.Result, error)) kit.Tool {
	def.Hints = kit.ReadLocal
	return kit.NewTool(def, func(ctx context.Context, args A) (*kit.Result, error) {
		r, err := rs.open(ctx, args.path())
		if err != nil {
			return nil, toolError(err)
		}
		defer r.Close()
		result, err := handle(ctx, r, args)
		return result, toolError(err)
	})
}

// open opens the repository that a call is about. The caller closes it.
func (rs *repositories) open(ctx context.Context, path string) (*repo.Repo, error) {
	dirs, here := rs.scope(ctx)
	if path == "" {
		path = here
	}
	if path == "" {
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"repo\" is required: the client has no roots and mcp-git no working directory that it may read").
			WithHint("allowed are: %s", orNone(dirs))
	}
	if strings.HasPrefix(path, "file://") {
		path = fromURI(path)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(here, path)
	}
	return repo.Open(ctx, rs.git, dirs, path)
}

// scope is what may be read now, and the folder that a call without repo means.
func (rs *repositories) scope(ctx context.Context) (allow.Dirs, string) {
	dirs := rs.allowed[:len(rs.allowed):len(rs.allowed)]
	roots, declared := clientRoots(ctx)
	if !declared {
		roots = rs.workingDirectory()
	}
	here := ""
	for _, root := range roots {
		// A root that is gone gives nothing to read, and is no error of this call.
		if resolved, err := allow.New(root); err == nil {
			dirs = append(dirs, resolved...)
			if here == "" {
				here = resolved[0]
			}
		}
	}
	if here == "" && len(dirs) > 0 {
		here = dirs[0]
	}
	return dirs, here
}

// workingDirectory is allowed unless it is so wide that nobody can have meant
// it: a service is started in / or in the home of its user.
func (rs *repositories) workingDirectory() []string {
	dir, err := filepath.EvalSymlinks(rs.cwd)
	if err != nil || dir == filepath.Dir(dir) {
		return nil
	}
	if home, err := filepath.EvalSymlinks(rs.home); err == nil && rs.home != "" && allow.Within(dir, home) {
		return nil
	}
	return []string{dir}
}

// rootsTimeout bounds the question to the client; it answers from memory.
const rootsTimeout = 5 * time.Second

// clientRoots asks the client for its roots. It is asked at every call: a hub
// may speak for another client each time.
func clientRoots(ctx context.Context) (roots []string, declared bool) {
	session, ok := server.ClientSessionFromContext(ctx).(server.SessionWithRoots)
	if !ok {
		return nil, false
	}
	if info, ok := session.(server.SessionWithClientInfo); ok && info.GetClientCapabilities().Roots == nil {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, rootsTimeout)
	defer cancel()
	answer, err := session.ListRoots(ctx, mcp.ListRootsRequest{})
	if err != nil {
		return nil, true // it has roots and we do not know them: nothing but --allow
	}
	for _, root := range answer.Roots {
		if dir := fromURI(root.URI); dir != "" {
			roots = append(roots, dir)
		}
	}
	return roots, true
}

// fromURI is the path of a file URI, "" for any other.
func fromURI(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || u.Path == "" {
		return ""
	}
	path := u.Path
	if runtime.GOOS == "windows" {
		path = strings.TrimPrefix(path, "/")
	}
	return filepath.FromSlash(path)
}

func (rs *repositories) clock() time.Time {
	if rs.now != nil {
		return rs.now()
	}
	return time.Now()
}

func orNone(dirs allow.Dirs) string {
	if len(dirs) == 0 {
		return "none; start mcp-git with --allow DIR"
	}
	return strings.Join(dirs, ", ")
}
