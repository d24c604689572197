package main

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/mcp-git/internal/repotest"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// client is a session of a client that may have roots.
type client struct {
	server.SessionWithRoots // the methods that nobody calls here
	declares                bool
	roots                   []string
	err                     error
}

func (c client) GetClientInfo() mcp.Implementation            { return mcp.Implementation{} }
func (c client) SetClientInfo(mcp.Implementation)             {}
func (c client) SetClientCapabilities(mcp.ClientCapabilities) {}

func (c client) GetClientCapabilities() mcp.ClientCapabilities {
	var all mcp.ClientCapabilities
	if c.declares {
		all.Roots = &struct {
			ListChanged bool `json:"listChanged,omitempty"`
		}{}
	}
	return all
}

func (c client) ListRoots(context.Context, mcp.ListRootsRequest) (*mcp.ListRootsResult, error) {
	var result mcp.ListRootsResult
	for _, root := range c.roots {
		result.Roots = append(result.Roots, mcp.Root{URI: root})
	}
	return &result, c.err
}

func fileURI(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }

func TestWhatMayBeRead(t *testing.T) {
	base := repotest.Temp(t)
	for _, name := range []string{"cwd", "root one", "other", "home"} {
		repotest.Init(t, filepath.Join(base, name)).Commit("in " + name)
	}
	at := func(name string) string { return filepath.Join(base, name) }
	one := fileURI(at("root one"))
	for _, tc := range []struct {
		name    string
		client  client
		cwd     string
		allowed []string
		repo    string
		want    string // the root, or an error code
	}{
		{"no roots: the working directory", client{}, "cwd", nil, "", "cwd"},
		{"no roots: and no other", client{}, "cwd", nil, at("other"), "permission_denied"},
		{"--allow", client{}, "cwd", []string{"other"}, at("other"), "other"},
		{"--allow adds", client{}, "cwd", []string{"other"}, "", "cwd"},
		{"a root", client{declares: true, roots: []string{one}}, "cwd", nil, "", "root one"},
		{"a root by its URI", client{declares: true, roots: []string{one}}, "cwd", nil, one, "root one"},
		{"relative to the first root", client{declares: true, roots: []string{fileURI(base)}}, "cwd", nil, "other", "other"},
		{"a root takes the place of the working directory", client{declares: true, roots: []string{one}}, "cwd", nil, at("cwd"), "permission_denied"},
		{"a root and --allow", client{declares: true, roots: []string{one}}, "cwd", []string{"other"}, at("other"), "other"},
		{"a root that is gone", client{declares: true, roots: []string{fileURI(at("gone")), one}}, "cwd", nil, "", "root one"},
		{"a root that is no folder", client{declares: true, roots: []string{"https://example.org/x"}}, "cwd", nil, "", "invalid_argument"},
		{"no answer from the client", client{declares: true, err: errors.New("no")}, "cwd", nil, "", "invalid_argument"},
		{"the home folder is too wide", client{}, "home", nil, "", "invalid_argument"},
		{"what holds the home folder too", client{}, ".", nil, at("other"), "permission_denied"},
		{"the home folder, on purpose", client{}, "home", []string{"home"}, "", "home"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var allowed []string
			for _, name := range tc.allowed {
				allowed = append(allowed, at(name))
			}
			rs := testRepositories(t, at(tc.cwd), allowed...)
			rs.home = at("home")
			ctx := server.NewMCPServer("x", "1").WithContext(t.Context(), tc.client)
			r, err := rs.open(ctx, tc.repo)
			var e *kit.Error
			switch {
			case errors.As(toolError(err), &e):
				if string(e.Code) != tc.want {
					t.Errorf("open = %v, want %s", err, tc.want)
				}
			case err != nil:
				t.Error(err)
			default:
				defer r.Close()
				if r.Root() != at(tc.want) {
					t.Errorf("opened %s, want %s", r.Root(), at(tc.want))
				}
			}
		})
	}
}

// A client may know its folder by a link, and names files through it.
func TestPathsThroughALinkToTheRepository(t *testing.T) {
	r := repotest.New(t)
	r.Write("d/f", "text\n")
	r.Commit("one")
	alias := filepath.Join(filepath.Dir(r.Dir), "alias")
	if err := os.Symlink(r.Dir, alias); err != nil {
		t.Fatal(err)
	}
	c := kittest.Connect(t, testServer(t, alias))
	for _, path := range []string{filepath.Join(alias, "d", "f"), filepath.Join(r.Dir, "d", "f"), "./d/f"} {
		if _, body := payload(t, c.Call("get_file", obj{"repo": alias, "path": path})); body != "text\n" {
			t.Errorf("%s: %q", path, body)
		}
	}
	c.MustFail("get_file", obj{"path": filepath.Join(filepath.Dir(r.Dir), "x")}, kit.InvalidArgument)
}

func TestTheRootOfTheFileSystemIsNotAWorkingDirectory(t *testing.T) {
	rs := testRepositories(t, string(os.PathSeparator))
	if dirs := rs.workingDirectory(); dirs != nil {
		t.Errorf("allowed %q", dirs)
	}
}

func TestProgramNeedsFoldersThatExist(t *testing.T) {
	p := program()
	gone := filepath.Join(t.TempDir(), "gone")
	env := func(name string) string {
		if name == allowEnv {
			return gone
		}
		return ""
	}
	if _, err := p.New(env, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("New = %v, want the folder that does not exist", err)
	}
}
