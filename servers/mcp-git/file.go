package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

type fileMeta struct {
	Repo       string `json:"repo"`
	Path       string `json:"path"`
	Source     string `json:"source"` // working tree, or a sha
	Kind       string `json:"kind"`   // text, binary, symlink, submodule
	Blob       string `json:"blob,omitempty"`
	Size       int64  `json:"size"`
	Target     string `json:"target,omitempty"`
	TotalLines *int   `json:"total_lines,omitempty"`
	StartLine  int    `json:"start_line,omitempty"`
	EndLine    int    `json:"end_line,omitempty"`
	Hint       string `json:"hint,omitempty"`
}

// fileBytes bounds the text of one call. The kit shows it piece by piece.
const fileBytes = 1 << 20

func (rs *repositories) getFile() kit.Tool {
	type args struct {
		inRepo
		Path    string `arg:"path,required" alias:"file,file_path"`
		Ref     string `arg:"ref" doc:"default: the working tree"`
		Start   int    `arg:"start_line" default:"1" min:"1" alias:"start"`
		End     int    `arg:"end_line" min:"1" alias:"end"`
		Numbers bool   `arg:"line_numbers"`
	}
	return newTool(rs, kit.Def{
		Name:        "get_file",
		Title:       "Get a file",
		Description: "Text of a file. Binary files, links and submodules are described. Symbolic links are not followed.",
		Example:     `{"path":"main.go","start_line":1,"end_line":40}`,
	}, func(ctx context.Context, r *repo.Repo, a args) (*kit.Result, error) {
		room := fileBytes
		var err error
		q := repo.FileQuery{Start: a.Start, End: a.End, Fits: func(line string) bool {
			room -= len(line) + 1
			return room >= 0
		}}
		meta := fileMeta{Repo: r.Root(), Source: workingTree}
		if a.Ref == "" && r.Bare() {
			a.Ref = "HEAD"
		}
		if a.Ref != "" {
			if q.SHA, err = r.Resolve(ctx, a.Ref); err != nil {
				return nil, err
			}
			meta.Source = short(q.SHA)
		}
		if q.Path, err = r.ParsePath(a.Path); err != nil {
			return nil, err
		}
		f, err := r.File(ctx, q)
		if err != nil {
			return nil, err
		}
		body := meta.describe(f, a.Start, a.End, a.Numbers)
		return kit.Payload(meta, body).Untrusted().Narrow("narrow with start_line and end_line"), nil
	})
}

// describe fills in what is known of f and returns its text.
func (m *fileMeta) describe(f repo.File, start, end int, numbers bool) string {
	m.Path, m.Kind, m.Blob, m.Size, m.Target = f.Path, f.Kind, f.Blob, f.Size, f.Target
	if f.Kind != "text" {
		return ""
	}
	if f.TotalLines >= 0 {
		m.TotalLines = &f.TotalLines
	}
	if f.LFS {
		m.Hint = "this is a Git LFS pointer; the content is not in the repository"
	}
	if len(f.Lines) == 0 {
		if f.TotalLines != 0 {
			m.Hint = fmt.Sprintf("no lines from start_line=%d; %s", start, lines(f.TotalLines))
		}
		return ""
	}
	m.StartLine, m.EndLine = f.Start, f.Start+len(f.Lines)-1
	if m.EndLine != f.TotalLines && (end == 0 || m.EndLine < end) {
		m.Hint = fmt.Sprintf("at most %d bytes are read at once; for the lines after these: %s", fileBytes, startLine(m.EndLine+1))
	}
	var b strings.Builder
	for i, line := range f.Lines {
		if numbers {
			fmt.Fprintf(&b, "%6d\t", f.Start+i)
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}
