package mcp

// List is one of the lists that a server may have: how it is asked for, and
// where in the result its elements and their names are.
type List struct {
	Method     string
	Member     string // of the result, the array
	Identity   string // of an element: what it is asked for by
	Capability string // that a server with such a list declares
}

// The lists of the protocol, in both eras.
var (
	ToolList     = List{ToolsList, "tools", "name", "tools"}
	PromptList   = List{PromptsList, "prompts", "name", "prompts"}
	ResourceList = List{ResourcesList, "resources", "uri", "resources"}
	TemplateList = List{TemplatesList, "resourceTemplates", "uriTemplate", "resources"}
)
