package upstream

import (
	"bytes"
	"io"
)

const (
	// tailScan is how much of an answer goes by for its end.
	tailScan = 256 << 20
	tailStep = 1 << 20
)

// readTail reads to the end, which is within scan bytes, and keeps no more than
// the last most of them. skipped is how many came before.
func readTail(r io.Reader, most, scan int64) (kept []byte, skipped int64, err error) {
	var pieces [][]byte
	var held, all int64
	for err == nil {
		piece := make([]byte, tailStep)
		var n int
		n, err = io.ReadFull(r, piece)
		pieces = append(pieces, piece[:n])
		held += int64(n)
		all += int64(n)
		for len(pieces) > 1 && held-int64(len(pieces[0])) >= most {
			held -= int64(len(pieces[0]))
			pieces = pieces[1:]
		}
		if all > scan {
			return nil, 0, errTooLong
		}
	}
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, 0, err
	}
	kept = bytes.Join(pieces, nil)
	kept = kept[max(0, int64(len(kept))-most):]
	return kept, all - int64(len(kept)), nil
}
