package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

// Query chooses records. Empty fields do not restrict.
type Query struct {
	Since, Until          time.Time // of when the call came: from Since on, before Until
	Servers               []string  // any of them
	Client, Tool, Outcome string
	Limit                 int // the newest so many; 0: all
}

func (q Query) wants(r Record) bool {
	return !r.Time.Before(q.Since) && (q.Until.IsZero() || r.Time.Before(q.Until)) &&
		(q.Client == "" || q.Client == r.Client) && (len(q.Servers) == 0 || slices.Contains(q.Servers, r.Server)) &&
		(q.Tool == "" || q.Tool == r.Tool) && (q.Outcome == "" || q.Outcome == r.Outcome)
}

// Read returns the records in dir that q asks for, oldest first, and how many
// there are without its limit. A line that is no record, as the last one after
// a crash, is passed over. It may run beside a [Log] that writes there.
func Read(ctx context.Context, dir string, q Query) (records []Record, matched int, err error) {
	err = each(ctx, filepath.Join(dir, fileName), func(r Record) {
		if !q.wants(r) {
			return
		}
		matched++
		records = append(records, r)
		if q.Limit > 0 && len(records) >= 2*q.Limit { // in batches, not a copy per record
			records = records[:copy(records, records[len(records)-q.Limit:])]
		}
	})
	if q.Limit > 0 && len(records) > q.Limit {
		records = records[len(records)-q.Limit:]
	}
	return records, matched, err
}

// maxLine is more than any record of ours takes.
const maxLine = 64 << 10

// each calls yield for every record of path and its rotated predecessors,
// oldest first.
func each(ctx context.Context, path string, yield func(Record)) error {
	files, err := openAll(path)
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if err != nil {
		return fmt.Errorf("reading the audit log: %w", err)
	}
	for _, f := range slices.Backward(files) {
		lines := jsonrpc.NewReader(f, maxLine)
		for {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("reading the audit log: %w", err)
			}
			line, err := lines.Next()
			var large *jsonrpc.TooLargeError
			if errors.As(err, &large) {
				continue
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return fmt.Errorf("reading the audit log: %w", err)
			}
			var r Record
			if json.Unmarshal(line, &r) == nil && !r.Time.IsZero() {
				yield(r)
			}
		}
	}
	return nil
}

// gap is how many numbers in a row may be missing: files move while they are
// looked for, and somebody may have removed one.
const gap = 10

// openAll opens the files, newest first, each once. They may be rotated
// meanwhile, though not twice, which takes thousands of calls: a file only ever
// moves to the next number, so one that is not met under its old name is met
// under that.
func openAll(path string) ([]*os.File, error) {
	var files []*os.File
	var infos []fs.FileInfo
	for n, missing := 0, 0; missing < gap; n++ {
		f, err := os.Open(numbered(path, n))
		if errors.Is(err, fs.ErrNotExist) {
			missing++
			continue
		}
		if err != nil {
			return files, err
		}
		missing = 0
		info, err := f.Stat()
		if err != nil || slices.ContainsFunc(infos, func(i fs.FileInfo) bool { return os.SameFile(i, info) }) {
			f.Close()
			if err != nil {
				return files, err
			}
			continue
		}
		files, infos = append(files, f), append(infos, info)
	}
	return files, nil
}
