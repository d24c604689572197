package registry

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// MaxSize is the largest file that is read. The largest that a person keeps is
// a hundredth of it.
const MaxSize = 1 << 20

// Registry is what the layers say together, checked. It is never changed once made, so it
// may be read from everywhere at the same time.
type Registry struct {
	Path  string // of the file that the user writes, or named
	Files []File `json:",omitempty"` // that were read, in the order in which they count, the policy last
	// Servers are sorted by name; those that are not enabled are there, too. What a
	// client has in place of one comes behind it: see [Server.IsFor].
	Servers []Server

	// Profiles always has one called default; where the file has none it
	// allows every server.
	Profiles map[string]Profile
	Clients  map[string]Client

	// SecretBackend is the keyring that holds new secrets, one of
	// [SecretBackends]; empty leaves the choice to loom-keyring.
	SecretBackend string

	// Policy is the machine's, nil if there is none. It is applied to all of the
	// above already.
	Policy *Policy `json:",omitempty"`

	LearnWait time.Duration // how long a first tools/list waits for servers never seen before
	Hash      string        // SHA-256 of the bytes of all files, in hex

	defaults defaults // for what joins later
	origins  origins
	targets  map[ServerName]map[string]target // as they are written
}

// Server finds a server by name, enabled or not, as clients without a target have it.
func (r *Registry) Server(name ServerName) (Server, bool) {
	i, found := slices.BinarySearchFunc(r.Servers, name, func(s Server, name ServerName) int {
		return cmp.Compare(s.Name, name)
	})
	if !found {
		return Server{}, false
	}
	return r.Servers[i], true
}

// ServerFor finds a server by name as that client has it, enabled or not.
func (r *Registry) ServerFor(client string, name ServerName) (Server, bool) {
	for _, s := range r.Servers {
		if s.Name == name && s.IsFor(client) {
			return s, true
		}
	}
	return Server{}, false
}

// HasTargets reports whether the client has another server in place of one of r.
func (r *Registry) HasTargets(client string) bool {
	if client == "" {
		return false
	}
	for i := range r.Servers {
		if r.Servers[i].Client == client {
			return true
		}
	}
	return false
}

// Load reads the file at path, alone: no other layer and no policy. A file that
// is missing is an empty registry, unless mustExist: a file that somebody named
// has to be there. [Sources.Load] is what loom and loomd read.
func Load(path string, mustExist bool) (*Registry, error) {
	data, err := readFile(path, nil)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !mustExist:
		data = nil
	case err != nil:
		return nil, fmt.Errorf("reading registry: %w", err)
	}
	return Parse(path, data)
}

// Parse reads the text of a registry that has no other layers. path is used in
// messages only. The error is a [*ValidationError].
func Parse(path string, data []byte) (*Registry, error) {
	return merge(path, []source{{File: File{"", path}, data: data}}, nil)
}

// ParseLayer reads the text of one layer of a registry, and checks what it shows
// alone: servers and profiles that it names may be in another one. [Sources]
// checks them together.
func ParseLayer(path string, data []byte) (*Registry, error) {
	return merge(path, []source{{File: File{"", path}, data: data, partial: true}}, nil)
}
