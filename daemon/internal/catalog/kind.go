package catalog

import "github.com/loom-core/loom/core/mcp"

// Kind is one of the four lists that a server has.
type Kind int

// The kinds, in the order in which a catalog file has them.
const (
	Tools Kind = iota
	Prompts
	Resources
	Templates
	Kinds = 4 // how many there are
)

// List is how the protocol has the list of that kind.
func (k Kind) List() mcp.List {
	return [Kinds]mcp.List{Tools: mcp.ToolList, Prompts: mcp.PromptList, Resources: mcp.ResourceList, Templates: mcp.TemplateList}[k]
}
