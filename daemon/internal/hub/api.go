package hub

import (
	"fmt"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
)

// List is the whole result of the list method of that kind, for the modern era
// with what it demands of a list.
func (v *View) List(k catalog.Kind, modern bool) []byte {
	if k == catalog.Tools {
		return v.ToolsList
	}
	return nil
}

// ListTag changes when the list of that kind does.
func (v *View) ListTag(k catalog.Kind) string { return v.Tag }

// FindPrompt looks a prompt up by the name that clients see.
func (v *View) FindPrompt(name string) (loomrpc.Route, error) {
	return loomrpc.Route{}, fmt.Errorf("unknown prompt %s", name)
}

// Owner is the server that a resource belongs to: the one that lists it, else
// the first with a template that it fits.
func (v *View) Owner(uri string) (server string, ok bool) { return "", false }

// ReadOwn is the result of resources/read for what Loom itself keeps of the
// view: loom://instructions/<server>.
func (v *View) ReadOwn(uri string) (result []byte, ok bool) { return nil, false }

// Only is the server of a view that has just one.
func (v *View) Only() (registry.Server, bool) { return registry.Server{}, false }

// Initialize is the result of an initialize that asks for that revision.
// version is Loom's own.
func (v *View) Initialize(asked, version string) []byte {
	raw, _ := mcp.InitializeResult(asked, version, "")
	return raw
}

// Discover is the result of server/discover.
func (v *View) Discover(version string) []byte { return []byte("{}") }
