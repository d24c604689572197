package kube

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Request is one line of the audit log: what somebody asked for, and the answer.
type Request struct {
	User, Verb, Resource, Subresource, Namespace, Name string

	URI  string // with its query
	Code int
}

// reading are the verbs that change nothing. Whatever is not among them may.
var reading = []string{"get", "list", "watch"}

// Mutates reports whether the request is of a kind that changes something, whether
// or not it was granted. Running a command in a pod does, by whatever verb; reviews
// are made with the verb create, and are questions.
func (r Request) Mutates() bool {
	switch r.Subresource {
	case "exec", "attach", "portforward", "proxy":
		return true
	}
	switch r.Resource {
	case "selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews", "subjectaccessreviews", "localsubjectaccessreviews":
		return false
	}
	return r.Verb != "" && !slices.Contains(reading, r.Verb)
}

func (r Request) String() string {
	path, _, _ := strings.Cut(r.URI, "?")
	return fmt.Sprintf("%s: %s %s: %d", r.User, r.Verb, path, r.Code)
}

// Audit are the requests of a user so far, in order, from the audit log at path. A
// request is there when it was answered; a watch and the like also when it was
// begun.
func Audit(path, user string) ([]Request, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the audit log: %w", err)
	}
	defer f.Close()
	var all []Request
	in := bufio.NewReader(f)
	for {
		text, err := in.ReadBytes('\n')
		if err != nil {
			return all, nil // the end, or a line that is being written
		}
		var event struct {
			RequestURI, Verb string
			User             struct{ Username string }
			ObjectRef        struct{ Resource, Subresource, Namespace, Name string }
			ResponseStatus   struct{ Code int }
		}
		if err := json.Unmarshal(text, &event); err != nil {
			return nil, fmt.Errorf("reading the audit log: %w", err)
		}
		if event.User.Username != user {
			continue
		}
		o := event.ObjectRef
		all = append(all, Request{
			User: user, Verb: event.Verb, URI: event.RequestURI, Code: event.ResponseStatus.Code,
			Resource: o.Resource, Subresource: o.Subresource, Namespace: o.Namespace, Name: o.Name,
		})
	}
}
