package keyring

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/loom-core/loom/core/secret"
)

// index says where each secret is. It holds names and no values.
type index map[string]entry

type entry struct {
	Backend Backend   `json:"backend"`
	Set     time.Time `json:"set"`
	// From is where an older value is, or may be: the backend that it is being
	// moved away from.
	From Backend `json:"from,omitempty"`
}

type indexFile struct {
	Version int   `json:"version"`
	Secrets index `json:"secrets"`
}

const (
	indexVersion = 1
	maxIndex     = 16 << 20 // 100,000 names
)

// An IndexError is an index that is not what loom writes. Where the secrets are
// is then not known, which is not the same as nowhere, so it is never written
// over.
type IndexError struct {
	Path string
	Line int
	What string
}

func (e *IndexError) Error() string {
	return fmt.Sprintf("%s:%d: %s\nhint: it only says which keyring holds what: mend it, or move it away (mv %[1]s %[1]s.broken) and set the secrets anew", e.Path, e.Line, e.What)
}

func (c *Client) indexPath() string { return filepath.Join(c.opts.State, "secrets.json") }

func (c *Client) readIndex() (index, error) {
	path := c.indexPath()
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return index{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading which secrets there are: %w", err) // names the file
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxIndex+1))
	if err != nil {
		return nil, fmt.Errorf("reading which secrets there are: %w", err)
	}
	return parseIndex(path, data)
}

func parseIndex(path string, data []byte) (index, error) {
	broken := func(offset int64, format string, args ...any) error {
		line := 1 + bytes.Count(data[:min(offset, int64(len(data)))], []byte("\n"))
		return &IndexError{path, line, fmt.Sprintf(format, args...)}
	}
	if len(data) > maxIndex {
		return nil, broken(0, "the file is over %d bytes", maxIndex)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var file indexFile
	if err := dec.Decode(&file); err != nil {
		offset := dec.InputOffset()
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			offset = syntax.Offset
		case errors.As(err, &kind):
			offset = kind.Offset
		case errors.Is(err, io.ErrUnexpectedEOF):
			offset = int64(len(data))
		}
		return nil, broken(offset, "%v", err)
	}
	if dec.Decode(&struct{}{}) != io.EOF {
		return nil, broken(dec.InputOffset(), "there is more behind the end")
	}
	if file.Version != indexVersion {
		return nil, broken(0, "version %d is not known to this loom", file.Version)
	}
	for name, e := range file.Secrets {
		if !secret.ValidName(name) || e.Backend == "" {
			return nil, broken(int64(bytes.Index(data, []byte(`"`+name+`"`))), "%q is not a secret in a keyring", name)
		}
	}
	if file.Secrets == nil {
		file.Secrets = index{}
	}
	return file.Secrets, nil
}

// writeIndex writes the index, which is the old or the new one at every moment.
// The caller holds its lock.
func (c *Client) writeIndex(op Op, i index) error {
	raw, err := json.MarshalIndent(indexFile{indexVersion, i}, "", "  ") // sorted by name
	if err != nil {
		return stateError(op, err)
	}
	tmp, err := os.CreateTemp(c.opts.State, ".secrets-*.new") // 0600
	if err != nil {
		return stateError(op, err)
	}
	_, err = tmp.Write(append(raw, '\n'))
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), c.indexPath())
	}
	if err != nil {
		os.Remove(tmp.Name())
		return stateError(op, err)
	}
	return nil
}

// stateError is about the folder of the index.
func stateError(op Op, err error) *Error {
	e := &Error{Op: op, Code: CodeFailed, Message: fmt.Sprintf("writing down which secrets there are: %v", err)}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		e.Code, e.Hint = CodeFull, hint(CodeFull, "")
	}
	return e
}
