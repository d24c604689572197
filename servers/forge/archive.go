package forge

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/kit"
)

const (
	// archiveBytes is how much of a repository is looked at, unpacked.
	archiveBytes = 256 << 20
	// archiveFile is over any file that a person wrote.
	archiveFile  = 1 << 20
	archiveLines = 10 // of one file
)

// SearchArchive is a page of the files with lines that were found in an archive of
// a tree, a .tar.gz in which all is in one folder, for a forge that has no index of
// what is looked for.
func SearchArchive(ctx context.Context, raw []byte, want *CodeMatcher, at At) (List[CodeHit], error) {
	hits, cut, err := searchArchive(ctx, raw, want)
	if err != nil {
		return List[CodeHit]{}, err
	}
	list := PageOf(hits, at)
	if cut {
		list.Estimate, list.Hint = true, "only the first 256 MiB of the repository were searched; narrow with path"
	}
	return list, nil
}

// searchArchive has all hits. cut is true when the archive has more than is
// looked at.
func searchArchive(ctx context.Context, raw []byte, want *CodeMatcher) (hits []CodeHit, cut bool, err error) {
	broken := func(err error) error { return kit.Errorf(kit.Unavailable, "reading the archive: %w", err) }
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, false, broken(err)
	}
	t := tar.NewReader(io.LimitReader(z, archiveBytes))
	for {
		if ctx.Err() != nil {
			return nil, false, context.Cause(ctx)
		}
		h, err := t.Next()
		if err == io.EOF {
			return hits, false, nil
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return hits, true, nil
		}
		if err != nil {
			return nil, false, broken(err)
		}
		_, name, _ := strings.Cut(h.Name, "/") // all is in a folder called like the repository
		if h.Typeflag != tar.TypeReg || h.Size > archiveFile || !want.Path(name) {
			continue
		}
		text, err := io.ReadAll(t)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return hits, true, nil
		}
		if err != nil {
			return nil, false, broken(err)
		}
		if bytes.IndexByte(text[:min(len(text), 8000)], 0) >= 0 || !utf8.Valid(text) {
			continue
		}
		if hit := want.Lines(name, string(text), archiveLines); hit != nil {
			hits = append(hits, *hit)
		}
	}
}
