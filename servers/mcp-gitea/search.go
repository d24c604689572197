package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

const (
	// searchBytes is how much of a repository is looked at, unpacked.
	searchBytes = 256 << 20
	// searchFile is over any file that a person wrote.
	searchFile = 1 << 20
	hitLines   = 10 // of one file
)

// SearchCode reads the archive of the tree: the API of Gitea finds no code. That
// is one request, however many files there are.
func (g *gitea) SearchCode(ctx context.Context, repo string, q forge.CodeQuery, at forge.At) (forge.List[forge.CodeHit], error) {
	var none forge.List[forge.CodeHit]
	sha, err := g.Resolve(ctx, repo, q.Ref)
	if err != nil {
		return none, err
	}
	r, err := g.http.Do(ctx, upstream.Request{Path: repoPath(repo, "archive/"+url.PathEscape(sha)+".tar.gz")})
	if err != nil {
		var e *kit.Error
		if errors.As(err, &e) && e.Code == kit.TooLarge {
			return none, e.WithHint("this repository is too large to be searched here: list_files with a glob finds files, get_file reads them; %s allows more", g.http.Setting("MAX_BODY"))
		}
		return none, wrap(ctx, err)
	}
	want, err := forge.NewCodeMatcher(q)
	if err != nil {
		return none, err
	}
	hits, cut, err := grepArchive(ctx, r.Body, want)
	if err != nil {
		return none, err
	}
	list := sliced(hits, at)
	if cut {
		list.Estimate = true
		list.Hint = "only the first 256 MiB of the repository were searched; narrow with path"
	}
	return list, nil
}

func grepArchive(ctx context.Context, raw []byte, want *forge.CodeMatcher) (hits []forge.CodeHit, cut bool, err error) {
	broken := func(err error) error { return kit.Errorf(kit.Unavailable, "reading the archive: %w", err) }
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, false, broken(err)
	}
	t := tar.NewReader(io.LimitReader(z, searchBytes))
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
		if h.Typeflag != tar.TypeReg || h.Size > searchFile || !want.Path(name) {
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
		if hit := want.Lines(name, string(text), hitLines); hit != nil {
			hits = append(hits, *hit)
		}
	}
}
