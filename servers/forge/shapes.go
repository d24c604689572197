package forge

// Output schemas ride in tools/list, and a client pays for them with each
// prompt. Of answers with many members they name those that one builds upon;
// the others are allowed.

type repoShape struct {
	Repo   string `json:"repo"`
	Branch string `json:"default_branch,omitempty"`
}

type issueShape struct {
	Number int    `json:"number"`
	State  string `json:"state"`
	Body   string `json:"body,omitempty"`
}

type pullShape struct {
	Number   int      `json:"number"`
	State    string   `json:"state"`
	HeadSHA  string   `json:"head_sha"`
	Blockers []string `json:"blockers,omitempty"`
}

type runShape struct {
	ID     int64    `json:"run_id"`
	Status string   `json:"status"`
	Jobs   []jobRow `json:"jobs"`
}

type diagnosisShape struct {
	Summary  string       `json:"summary"`
	Status   string       `json:"status"`
	Failures []failureRow `json:"failures,omitempty"`
}

type releaseShape struct {
	Tag string `json:"tag"`
}

type planShape struct {
	Changed bool   `json:"changed"`
	Confirm string `json:"confirm,omitempty"`
}
