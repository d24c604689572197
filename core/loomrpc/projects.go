package loomrpc

// MethodProjects has loomd look again at the projects that it knows: which are
// trusted, and what their files say. It answers what it found.
const MethodProjects = "loom/projects"

// ProjectsReply answers [MethodProjects].
type ProjectsReply struct {
	Projects []ProjectStatus `json:"projects"`
}

// ProjectStatus is a folder with a registry of its own, in which sessions are
// or were.
type ProjectStatus struct {
	Dir      string         `json:"dir"`
	State    string         `json:"state"`          // trusted, not trusted, changed, wrong, unusable
	Note     string         `json:"note,omitempty"` // why its servers are not used, and what mends that
	Sessions int            `json:"sessions"`
	Servers  []ServerStatus `json:"servers"` // none unless it is trusted
}
