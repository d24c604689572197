package git

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// Reader reads git's output piece by piece. A piece may be longer than what
// anyone wants to keep (a minified file is one line of megabytes), so every
// read says how much of it to keep and the rest is passed over.
type Reader struct {
	*bufio.Reader
}

func newReader(r io.Reader) *Reader { return &Reader{bufio.NewReaderSize(r, 64<<10)} }

// NewReader reads from r; for the parts of a repository that are no git output.
func NewReader(r io.Reader) *Reader { return newReader(r) }

// Until returns what comes before the next delim, at most keep bytes, and how
// many bytes were passed over beyond that. The last piece may lack the delim;
// io.EOF comes alone, after it.
func (r *Reader) Until(delim byte, keep int) (piece []byte, passed int, err error) {
	read := false
	for {
		part, err := r.ReadSlice(delim)
		read = read || len(part) > 0
		ended := err == nil
		if ended {
			part = part[:len(part)-1]
		}
		take := min(len(part), keep-len(piece))
		piece = append(piece, part[:take]...)
		passed += len(part) - take
		switch {
		case ended:
			return piece, passed, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && read:
			return piece, passed, nil
		default:
			return nil, 0, err
		}
	}
}

// Field is the next NUL-terminated piece as valid text. Sixty-four kilobytes
// are more than any name and any first line of a message that means well.
func (r *Reader) Field() (string, error) {
	piece, _, err := r.Until(0, 64<<10)
	return string(piece), err
}

// Fields fills every destination with one [Reader.Field]. io.EOF means that
// nothing was left, io.ErrUnexpectedEOF that the record was cut.
func (r *Reader) Fields(into ...*string) error {
	for i, dst := range into {
		s, err := r.Field()
		if errors.Is(err, io.EOF) && i > 0 {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		*dst = s
	}
	return nil
}

// Text replaces what is no UTF-8, for anything that ends up in JSON.
func Text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
