// Package catalog keeps the last good definitions of every server on disk, so
// that lists are answered in milliseconds without starting anything, right
// after boot and while a server is broken.
//
// Definitions are kept as the server wrote them, byte by byte. Each server has
// one file: a line of JSON about the server, then one line per tool.
package catalog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

// Entry is what is known of one server.
type Entry struct {
	Server       string
	Key          string          // of what the server is; see [Catalog.Known]
	Era          string          // the protocol era that worked
	Version      string          // the revision that was agreed on
	Info         json.RawMessage // serverInfo, as the server wrote it; may be nil
	Capabilities json.RawMessage // as the server wrote them; may be nil
	Instructions string
	Asks         bool // it has asked its client for something: it serves one session at a time
	Tools        []Tool
	Prompts      []Tool // by name
	Resources    []Tool // by uri
	Templates    []Tool // by uriTemplate
	Learnt       time.Time
}

// List is the definitions of one kind.
func (e *Entry) List(k Kind) []Tool {
	return [Kinds][]Tool{Tools: e.Tools, Prompts: e.Prompts, Resources: e.Resources, Templates: e.Templates}[k]
}

// Tool is one definition, raw.
type Tool struct {
	Name string
	Raw  []byte
}

// Catalog is safe for concurrent use.
type Catalog struct {
	dir string

	mu      sync.Mutex
	entries map[string]*Entry // by server
	version int64             // counts what was put
}

// Open reads the entries in dir, which is made when it is missing. A file that
// cannot be read is reported in the error and left out: the server is learnt
// again, and nothing else suffers.
func Open(dir string) (*Catalog, error) {
	c := &Catalog{dir: dir, entries: map[string]*Entry{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the catalog's folder: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	var bad []error
	for _, file := range files {
		e, err := read(file)
		if err != nil {
			bad = append(bad, fmt.Errorf("reading %s: %w", file, err))
			continue
		}
		c.entries[e.Server] = e
	}
	return c, errors.Join(bad...)
}

// Get returns the last good definitions of server, also when they are of an
// earlier version of it: old ones serve until new ones are learnt. The entry
// must not be changed.
func (c *Catalog) Get(server string) (*Entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[server]
	return e, ok
}

// Known reports whether the definitions of server were learnt from just what
// it is now.
func (c *Catalog) Known(server, key string) bool {
	e, ok := c.Get(server)
	return ok && e.Key == key
}

// Version is another one after each [Catalog.Put]: whoever keeps something that
// was made of the entries can tell whether it is out of date.
func (c *Catalog) Version() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.version
}

// Put stores what was learnt. changed tells whether clients see a difference.
// The entry counts from now on even when it could not be written.
func (c *Catalog) Put(e *Entry) (changed bool, err error) {
	c.mu.Lock()
	old := c.entries[e.Server]
	c.entries[e.Server] = e
	c.version++
	c.mu.Unlock()
	changed = old == nil || !same(old, e)
	if !changed && old.Key == e.Key && old.Era == e.Era {
		return false, nil
	}
	if err := write(c.file(e.Server), e); err != nil {
		return changed, fmt.Errorf("writing the definitions of %s: %w", e.Server, err)
	}
	return changed, nil
}

func same(a, b *Entry) bool {
	if a.Instructions != b.Instructions || len(a.Tools) != len(b.Tools) {
		return false
	}
	for i := range a.Tools {
		if !bytes.Equal(a.Tools[i].Raw, b.Tools[i].Raw) {
			return false
		}
	}
	return true
}

const suffix = ".jsonl"

func (c *Catalog) file(server string) string { return filepath.Join(c.dir, server+suffix) }

// header is the first line of a file.
type header struct {
	Format       int       `json:"format"`
	Server       string    `json:"server"`
	Key          string    `json:"key"`
	Era          string    `json:"era"`
	Instructions string    `json:"instructions,omitempty"`
	Learnt       time.Time `json:"learnt"`
	Tools        int       `json:"tools"`
}

const format = 1

func write(file string, e *Entry) error {
	head, err := json.Marshal(header{format, e.Server, e.Key, e.Era, e.Instructions, e.Learnt, len(e.Tools)})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.Write(append(head, '\n'))
	for _, t := range e.Tools {
		b.Write(t.Raw)
		b.WriteByte('\n')
	}
	tmp := file + ".new"
	if err := os.WriteFile(tmp, b.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, file)
}

func read(file string) (*Entry, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return decode(f)
}

func decode(f fs.File) (*Entry, error) {
	lines := jsonrpc.NewReader(bufio.NewReader(f), 0)
	first, err := lines.Next()
	if err != nil {
		return nil, err
	}
	var h header
	if err := json.Unmarshal(first, &h); err != nil {
		return nil, err
	}
	if h.Format != format {
		return nil, fmt.Errorf("format %d is not known", h.Format)
	}
	e := &Entry{Server: h.Server, Key: h.Key, Era: h.Era, Instructions: h.Instructions, Learnt: h.Learnt}
	for range h.Tools {
		line, err := lines.Next()
		if err != nil {
			return nil, fmt.Errorf("it ends after %d of %d tools: %w", len(e.Tools), h.Tools, err)
		}
		if _, err := jsonrpc.Scan(line); err != nil {
			return nil, err
		}
		name, ok := jsonrpc.Find(line, jsonrpc.Span{Start: firstByte(line), End: len(line)}, "name")
		text, isText := jsonrpc.Text(name.Of(line))
		if !ok || !isText {
			return nil, errors.New("a tool has no name")
		}
		e.Tools = append(e.Tools, Tool{Name: text, Raw: line})
	}
	return e, nil
}

func firstByte(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " \t")) }
