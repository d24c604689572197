package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Description is the part of an OpenAPI document that a list of operations asks
// for. It is not changed once it is loaded, and may be shared.
type Description struct {
	Name    string     // for messages: api.github.com
	Prefix  string     // of all paths: /api/v3
	Listed  Operations // what was asked for
	Missing Operations // of these, what the document lacks

	RequestsOnly bool   // of answers it does not say enough
	Skips        []Skip // parts of answers that are not checked

	routes []*route
}

// Load reads a document in JSON and reduces it. What is left of it is kept in the
// folder cache under a name that changes with either, so that the next time is
// quick.
func Load(file, cache string, ops Operations) (*Description, error) {
	document, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(filepath.Base(file), ".json")
	hash := sha256.New()
	hash.Write(document)
	fmt.Fprint(hash, ops, reduction)
	kept := filepath.Join(cache, name+"-"+hex.EncodeToString(hash.Sum(nil)[:8])+".json")
	small, err := os.ReadFile(kept)
	if err != nil {
		if small, err = reduce(document, ops); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if err := keep(kept, small); err != nil {
			return nil, err
		}
	}
	return Parse(name, small, ops)
}

// reduction is counted up when reduce leaves something else than it did.
const reduction = 1

// keep writes a file in one piece, since other tests may read it.
func keep(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "part-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // renamed if all is well
	_, err = f.Write(text)
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Parse reads a document that is small already.
func Parse(name string, document []byte, ops Operations) (*Description, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // it is all kept
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("reading the description %s: %w", name, err)
	}
	return newDescription(name, doc, ops)
}

func newDescription(name string, doc *openapi3.T, ops Operations) (*Description, error) {
	d := &Description{Name: name, Listed: ops}
	if len(doc.Servers) > 0 {
		_, rest, _ := strings.Cut(doc.Servers[0].URL, "://")
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			d.Prefix = strings.TrimSuffix(rest[i:], "/")
		}
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if !slices.Contains(ops, method+" "+path) {
				continue
			}
			r, err := newRoute(method, path, item, op)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			d.routes = append(d.routes, r)
		}
	}
	slices.SortFunc(d.routes, func(a, b *route) int { return strings.Compare(a.name, b.name) })
	d.Missing = ops.without(d.names())
	return d, nil
}

func (d *Description) names() (list []string) {
	for _, r := range d.routes {
		list = append(list, r.name)
	}
	return list
}

// Match is the operation that a request is, "METHOD /path" as in the list, and
// the parameters in its path; empty if it is none.
func (d *Description) Match(method, escaped string) (operation string, params map[string]string) {
	r, _ := d.find(method, escaped)
	if r == nil {
		return "", nil
	}
	return r.name, r.values(escaped[len(d.Prefix):])
}

// At is the same description below another prefix: a client that is told of a
// GitHub at an address of its own takes it for an Enterprise Server.
func (d *Description) At(prefix string) *Description {
	moved := *d
	moved.Prefix = prefix
	return &moved
}
