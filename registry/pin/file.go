package pin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/loom-core/loom/core/jsonrpc"
)

// version is that of the format.
const version = 1

// maxSize is the largest file that is read: the definitions of a thousand
// servers are smaller.
const maxSize = 64 << 20

// A FileError is a file that is not what loom writes. Line counts from 1. What
// was approved is then not known, which is not the same as nothing.
type FileError struct {
	Path string
	Line int
	What string
}

func (e *FileError) Error() string { return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.What) }

// Load reads the file at path. One that is missing has no pins. The error of
// one that is broken is a [*FileError].
func Load(path string) (*Pins, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Pins{path: path}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading pins: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading pins: %w", err)
	}
	return parse(path, data)
}

func parse(path string, data []byte) (*Pins, error) {
	if len(data) > maxSize {
		return nil, &FileError{path, 1, fmt.Sprintf("the file is over %d bytes, which no list of tools needs", maxSize)}
	}
	// First as a whole: the errors of a decoder that goes step by step do not
	// say where.
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		offset := int64(len(data))
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) && syntax.Offset > 0 {
			offset = syntax.Offset - 1
		}
		return nil, &FileError{path, line(data, offset), err.Error()}
	}
	r := &reader{path: path, data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	pins := &Pins{path: path, servers: map[string]map[string][]byte{}}
	seen := 0
	err := r.object("the file", func(key string) error {
		switch key {
		case "version":
			seen = -1
			if err := r.dec.Decode(&seen); err != nil || seen != version {
				return r.errorf("version must be %d", version)
			}
			return nil
		case "servers":
			return r.object("servers", func(server string) error {
				tools := map[string][]byte{}
				pins.servers[server] = tools
				return r.object("the pins of "+server, func(tool string) error {
					var raw json.RawMessage
					if err := r.dec.Decode(&raw); err != nil {
						return r.errorf("%v", err)
					}
					definition, err := compact(raw)
					if err != nil {
						return r.errorf("tool %q of %s: %v", tool, server, err)
					}
					tools[tool] = definition
					return nil
				})
			})
		}
		return r.errorf("unknown key %q", key)
	})
	if err == nil && seen == 0 {
		err = r.errorf("the file has no version")
	}
	if err != nil {
		return nil, err
	}
	return pins, nil
}

// reader goes through JSON that is known to be well-formed.
type reader struct {
	path string
	data []byte
	dec  *json.Decoder
}

// object calls visit for each key of the object that comes next, which reads
// the value. A key that is there twice is an error: a person reads the one and
// a program the other.
func (r *reader) object(what string, visit func(key string) error) error {
	if begin, err := r.dec.Token(); err != nil || begin != json.Delim('{') {
		return r.errorf("%s must be an object", what)
	}
	seen := map[string]bool{}
	for r.dec.More() {
		token, err := r.dec.Token()
		key, ok := token.(string)
		switch {
		case err != nil || !ok:
			return r.errorf("%s is cut off", what)
		case seen[key]:
			return r.errorf("%q is given twice", key)
		}
		seen[key] = true
		if err := visit(key); err != nil {
			return err
		}
	}
	_, err := r.dec.Token()
	return err
}

func (r *reader) errorf(format string, args ...any) error {
	return &FileError{r.path, line(r.data, r.dec.InputOffset()), fmt.Sprintf(format, args...)}
}

func line(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(offset, int64(len(data)))], []byte("\n"))
}

// Save writes the file that was loaded, which holds the old pins or the new
// ones at every moment. The same pins always give the same bytes.
func (p *Pins) Save() error {
	path := p.path
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // many keep their dotfiles elsewhere
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("writing pins: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".loom-*.new")
	if err != nil {
		return fmt.Errorf("writing pins: %w", err)
	}
	_, err = tmp.Write(p.bytes())
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return fmt.Errorf("writing pins: %w", err)
	}
	return nil
}

// bytes are the text of the file: indented, so that a review shows which line
// of a definition changed, and sorted.
func (p *Pins) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"version":%d,"servers":`, version)
	object(&b, p.servers, func(tools map[string][]byte) {
		object(&b, tools, func(definition []byte) { b.Write(definition) })
	})
	b.WriteByte('}')
	var out bytes.Buffer
	if err := json.Indent(&out, b.Bytes(), "", "  "); err != nil {
		panic(fmt.Sprintf("pin: indenting what was checked: %v", err))
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func object[V any](b *bytes.Buffer, values map[string]V, write func(V)) {
	b.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(values)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(jsonrpc.Quote(key))
		b.WriteByte(':')
		write(values[key])
	}
	b.WriteByte('}')
}
