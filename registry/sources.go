package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// maxDropins and maxTotal bound a folder of files: a person keeps a few, and
	// what a wrong link leads to must not take the memory or minutes.
	maxDropins = 100
	maxTotal   = 4 << 20
)

// Sources are where the files of a registry are. An empty path is one that is
// not looked for.
type Sources struct {
	// Only is the file of --registry: it is read in place of Machine, User and
	// Dropins, and has to exist. Policy counts all the same.
	Only string

	Machine string // folder of the machine's *.yaml
	User    string // the user's registry.yaml
	Dropins string // folder of more *.yaml of the user
	Policy  string // the machine's policy.yaml

	// Owner has to own what is the machine's, and nobody else may be able to
	// write it. 0 is root.
	Owner int

	instead []byte // text of Path, where not nil
}

// Path is the file that the user writes, or named.
func (s Sources) Path() string {
	if s.Only != "" {
		return s.Only
	}
	return s.User
}

// LoadWith is [Sources.Load] as if Path held data: what an edit would make of it
// all.
func (s Sources) LoadWith(data []byte) (*Registry, error) {
	s.instead = append([]byte{}, data...)
	return s.Load()
}

// Load reads the files and puts them together. Missing files are none; what is
// there and cannot be read is an error. If the files can be read, then an error
// is a [*ValidationError] with the problems of all of them.
func (s Sources) Load() (*Registry, error) {
	files, err := s.read()
	var policy *source
	if s.Policy != "" {
		data, policyErr := readFile(s.Policy, &s.Owner)
		switch {
		case policyErr == nil:
			policy = &source{File: File{LayerPolicy, s.Policy}, data: data}
		case !errors.Is(policyErr, fs.ErrNotExist):
			err = errors.Join(err, fmt.Errorf("reading policy: %w", policyErr))
		}
	}
	if err != nil {
		return nil, err
	}
	return merge(s.Path(), files, policy)
}

func (s Sources) read() (files []source, err error) {
	if s.Only != "" {
		data, err := s.own()
		if err != nil {
			return nil, fmt.Errorf("reading registry: %w", err)
		}
		return []source{{File: File{LayerNamed, s.Only}, data: data}}, nil
	}
	machine, machineErr := readFolder(LayerMachine, s.Machine, &s.Owner)
	files = machine
	var userErr error
	if s.User != "" {
		data, err := s.own()
		switch {
		case err == nil:
			files = append(files, source{File: File{LayerUser, s.User}, data: data})
		case !errors.Is(err, fs.ErrNotExist):
			userErr = fmt.Errorf("reading registry: %w", err)
		}
	}
	own, ownErr := readFolder(LayerUser, s.Dropins, nil)
	return append(files, own...), errors.Join(machineErr, userErr, ownErr)
}

// own is the text of Path.
func (s Sources) own() ([]byte, error) {
	if s.instead != nil {
		return s.instead, nil
	}
	return readFile(s.Path(), nil)
}

// readFolder reads the *.yaml of a folder, sorted by name. A name that does not
// begin or end as it should is refused where it looks like a registry, since one
// that is silently left out would deny nothing.
func readFolder(layer Layer, dir string, owner *int) (files []source, err error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && owner != nil {
		err = checkOwner(dir, *owner)
	}
	if err != nil {
		return nil, fmt.Errorf("reading registry: %w", err)
	}
	var errs []error
	total := 0
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."): // of an editor
			continue
		case strings.HasSuffix(e.Name(), ".yml"):
			errs = append(errs, fmt.Errorf("reading registry %s: files are called *.yaml; rename it", path))
			continue
		case !strings.HasSuffix(e.Name(), ".yaml"):
			continue
		case len(files) == maxDropins:
			return nil, fmt.Errorf("reading registry: %s has more than %d files", dir, maxDropins)
		}
		data, err := readFile(path, owner)
		if err != nil {
			errs = append(errs, fmt.Errorf("reading registry: %w", err))
			continue
		}
		if total += len(data); total > maxTotal {
			return nil, fmt.Errorf("reading registry: the files of %s have more than %d bytes", dir, maxTotal)
		}
		files = append(files, source{File: File{layer, path}, data: data})
	}
	return files, errors.Join(errs...)
}
