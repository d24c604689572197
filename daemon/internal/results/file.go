package results

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/loom-core/loom/core/jsonrpc"
)

// A file is a line of JSON about the result, then the result as the server
// wrote it.
type header struct {
	Format int `json:"format"`
	Meta
}

const (
	format    = 1
	maxHeader = 64 << 10 // of the first line, which says everything but the result
)

func (m Meta) header() ([]byte, error) {
	line, err := jsonrpc.Marshal(header{format, m})
	if err == nil && len(line) >= maxHeader {
		err = fmt.Errorf("its name has %d bytes", len(m.Name))
	}
	return append(line, '\n'), err
}

// decode reads the first line; the rest of body is the result.
func decode(f *os.File) (m Meta, body *bufio.Reader, err error) {
	body = bufio.NewReaderSize(f, maxHeader)
	line, err := body.ReadSlice('\n')
	if err != nil {
		return Meta{}, nil, fmt.Errorf("reading the first line: %w", err)
	}
	var h header
	if err := json.Unmarshal(line, &h); err != nil {
		return Meta{}, nil, err
	}
	if h.Format != format {
		return Meta{}, nil, fmt.Errorf("format %d is not known", h.Format)
	}
	info, err := f.Stat()
	if err != nil {
		return Meta{}, nil, err
	}
	if h.Bytes < 0 || info.Size() != int64(len(line))+h.Bytes {
		return Meta{}, nil, io.ErrUnexpectedEOF
	}
	h.size = info.Size()
	return h.Meta, body, nil
}

func readMeta(file string) (Meta, error) {
	f, err := os.Open(file)
	if err != nil {
		return Meta{}, err
	}
	defer f.Close()
	m, _, err := decode(f)
	return m, err
}

// writeFile writes parts under another name first, so that a file is whole or
// not there. It is not synced: a result that a power cut takes is no loss that
// the wait for the disk in every large call would be worth.
func writeFile(file string, parts ...[]byte) error {
	tmp := file + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err == nil {
			_, err = f.Write(p)
		}
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(tmp, file)
	}
	if err != nil {
		os.Remove(tmp)
	}
	return err
}
