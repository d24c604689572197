package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// logPiece is how much of a log is asked for at once: under the limit of what
// is read of one answer.
const logPiece = 4 << 20

// JobLog reads a log from its end, in pieces: the news is there, and a log may
// be larger than any answer that is read whole.
func (g *gitea) JobLog(ctx context.Context, repo string, job int64, most int64) (forge.RawLog, error) {
	var pieces [][]byte
	var held int64
	ask := fmt.Sprintf("bytes=-%d", logPiece)
	for {
		r, err := g.http.Do(ctx, upstream.Request{
			Path: repoPath(repo, "actions/jobs/"+id(job)+"/logs"), Header: http.Header{"Range": {ask}},
		})
		var e *kit.Error
		if errors.As(err, &e) && e.Status == http.StatusRequestedRangeNotSatisfiable {
			return forge.RawLog{}, nil // it is empty
		}
		if err != nil {
			return forge.RawLog{}, wrap(ctx, err)
		}
		if r.Status != http.StatusPartialContent { // whole
			return forge.RawLog{Text: r.Body}, nil
		}
		from, err := rangeStart(r)
		if err != nil {
			return forge.RawLog{}, err
		}
		pieces = append(pieces, r.Body)
		held += int64(len(r.Body))
		if from == 0 || held >= most || len(r.Body) == 0 {
			slices.Reverse(pieces)
			return forge.RawLog{Text: bytes.Join(pieces, nil), Skipped: from}, nil
		}
		ask = fmt.Sprintf("bytes=%d-%d", max(0, from-logPiece), from-1)
	}
}

// rangeStart is where the piece is that came: "bytes 10-19/20".
func rangeStart(r *upstream.Response) (int64, error) {
	span, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Content-Range"), "bytes "), "-")
	from, err := strconv.ParseInt(span, 10, 64)
	if err != nil {
		return 0, kit.Errorf(kit.Unavailable, "%s answered a part and did not say which", r.Line())
	}
	return from, nil
}
