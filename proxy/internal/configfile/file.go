package configfile

import (
	"bytes"
	"fmt"
)

// Format is the language of a file.
type Format string

// The formats.
const (
	JSONC Format = "jsonc" // JSON, with comments and trailing commas where somebody wrote them
	TOML  Format = "toml"
	YAML  Format = "yaml"
)

// MaxSize is the largest file that is read, in bytes. Some clients keep years of
// history in theirs.
const MaxSize = 64 << 20

// File is a parsed file. It is never changed: edits are splices of its text.
type File interface {
	// Entries are the members of the mapping at path, in the order of the file.
	// ok is false when there is no such mapping. The error says what stands at
	// path or on the way there and is no mapping.
	Entries(path ...string) (entries []Entry, ok bool, err error)

	// Set puts value at path, in place of what is there or as the last member of
	// its mapping. Mappings on the way that are missing are made.
	Set(path []string, value any) ([]Splice, error)

	// Remove takes out what is at path. Without anything there it is no splice.
	Remove(path []string) ([]Splice, error)
}

// SyntaxError is a file that cannot be parsed. It has been left alone.
type SyntaxError struct {
	Pos  Position
	What string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Pos.Line, e.Pos.Column, e.What)
}

// ShapeError is a place that holds something else than it has to. What to do
// about it is the user's to decide.
type ShapeError struct {
	Pos  Position
	What string
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Pos.Line, e.Pos.Column, e.What)
}

// Parse reads a file. An empty one is a file without members. The error is a
// [*SyntaxError].
func Parse(format Format, data []byte) (File, error) {
	if len(data) > MaxSize {
		return nil, &SyntaxError{Position{1, 1}, fmt.Sprintf("the file has %d bytes, at most %d are read", len(data), MaxSize)}
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return nil, &SyntaxError{position(data, i), "a zero byte: the file is no text, or is UTF-16; save it as UTF-8"}
	}
	switch format {
	case JSONC:
		return parseJSON(data)
	case TOML:
		return parseTOML(data)
	case YAML:
		return parseYAML(data)
	}
	panic("configfile: format " + string(format))
}

var mark = []byte("\ufeff")

// withoutMark is data from behind a byte order mark, and the length of the mark.
func withoutMark(data []byte) ([]byte, int) {
	if rest, ok := bytes.CutPrefix(data, mark); ok {
		return rest, len(mark)
	}
	return data, 0
}

func position(data []byte, offset int) Position {
	offset = min(offset, len(data))
	return Position{Line: 1 + bytes.Count(data[:offset], []byte("\n")), Column: 1 + offset - (bytes.LastIndexByte(data[:offset], '\n') + 1)}
}
