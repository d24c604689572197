package registry

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"
)

// MaxSize is the largest file that is read. The largest that a person keeps is
// a hundredth of it.
const MaxSize = 1 << 20

// Registry is one registry.yaml, checked. It is never changed once made, so it
// may be read from everywhere at the same time.
type Registry struct {
	Path    string   // as given to [Load] or [Parse]
	Servers []Server // sorted by name; those that are not enabled too

	// Profiles always has one called default; where the file has none it
	// allows every server.
	Profiles map[string]Profile
	Clients  map[string]Client

	// SecretBackend is the keyring that holds new secrets, one of
	// [SecretBackends]; empty leaves the choice to loom-keyring.
	SecretBackend string

	LearnWait time.Duration // how long a first tools/list waits for servers never seen before
	Hash      string        // SHA-256 of the file's bytes, in hex
}

// Server finds a server by name, enabled or not.
func (r *Registry) Server(name ServerName) (Server, bool) {
	i, found := slices.BinarySearchFunc(r.Servers, name, func(s Server, name ServerName) int {
		return cmp.Compare(s.Name, name)
	})
	if !found {
		return Server{}, false
	}
	return r.Servers[i], true
}

// Load reads the file at path. A file that is missing is an empty registry,
// unless mustExist: a file that somebody named has to be there.
func Load(path string, mustExist bool) (*Registry, error) {
	data, err := readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !mustExist:
		data = nil
	case err != nil:
		return nil, fmt.Errorf("reading registry: %w", err)
	}
	return Parse(path, data)
}

// readFile stops one byte after the largest size: [Parse] refuses what is
// longer, and a device or a log given by mistake does not fill the memory.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxSize+1))
}

// Parse reads the text of a registry. path is used in messages only. The error
// is a [*ValidationError].
func Parse(path string, data []byte) (*Registry, error) {
	file, problems := readDocument(path, data)
	if len(problems) > 0 {
		return nil, newValidationError(problems)
	}
	sum := sha256.Sum256(data)
	r := &Registry{
		Path:      path,
		Profiles:  file.profiles,
		Clients:   file.clients,
		LearnWait: file.defaults.learnWait,

		SecretBackend: file.backend,
		Hash:          hex.EncodeToString(sum[:]),
	}
	if _, ok := r.Profiles[DefaultProfile]; !ok {
		r.Profiles[DefaultProfile] = everything()
	}
	for _, e := range file.servers {
		r.Servers = append(r.Servers, e.server(file.defaults))
	}
	slices.SortFunc(r.Servers, func(a, b Server) int { return cmp.Compare(a.Name, b.Name) })
	return r, nil
}
