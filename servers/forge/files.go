package forge

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/forge/keys"
	"github.com/loom-core/loom/servers/kit"
)

type getFileArgs struct {
	Repo    string `arg:"repo,required" doc:"{repo}"`
	Path    string `arg:"path,required"`
	Ref     string `arg:"ref"`
	Start   int    `arg:"start_line" min:"1"`
	End     int    `arg:"end_line" min:"1"`
	Numbers bool   `arg:"line_numbers"`
}

type fileMeta struct {
	Path   string `json:"path"`
	SHA    string `json:"sha"`
	Size   int64  `json:"size"`
	Lines  int    `json:"total_lines,omitempty"`
	Shown  []int  `json:"lines,omitempty"`
	Commit string `json:"commit,omitempty"`
	URL    string `json:"url,omitempty"`
	Binary string `json:"binary,omitempty"`
	LFS    bool   `json:"lfs,omitempty"`
}

func (f *forge) getFile() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "get_file", Title: "Get file", Description: "A file as it is, or some of its lines.",
		Hints: kit.ReadWorld, Example: `{"repo":"acme/web","path":"main.go","start_line":1,"end_line":40}`,
	}), func(ctx context.Context, a getFileArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		name, err := filePath(a.Path)
		if err != nil {
			return nil, err
		}
		if err := refName("ref", a.Ref); err != nil {
			return nil, err
		}
		file, err := b.GetFile(ctx, repo, a.Ref, name)
		if IsCode(err, kit.NotFound) {
			return nil, f.nearestPaths(ctx, b, repo, a.Ref, name, err)
		}
		if err != nil {
			return nil, hinted(err, kit.FailedPrecondition, "list_files repo=%s path=%s lists a folder", repo, name)
		}
		meta := fileMeta{Path: file.Path, SHA: file.SHA, Size: file.Size, Commit: sha12(file.Commit), URL: file.URL, LFS: file.LFS}
		if kind := binaryKind(file.Content); kind != "" {
			meta.Binary = kind
			return kit.Payload(meta, "").Untrusted(), nil
		}
		all := lines(string(file.Content))
		meta.Lines = len(all)
		body := string(file.Content)
		if a.Start > 0 || a.End > 0 || a.Numbers {
			start, end := max(a.Start, 1), len(all)
			if a.End > 0 {
				end = min(a.End, end)
			}
			if start > end {
				return nil, kit.Errorf(kit.InvalidArgument, "%s has %d lines, so that none is from %d to %d", name, len(all), start, max(a.End, end))
			}
			meta.Shown = []int{start, end}
			keys.Mask(all) // the kit knows a key by its first line, which may not be among these
			body = numbered(all[start-1:end], start, a.Numbers)
		}
		return kit.Payload(meta, body).Untrusted().Narrow("set start_line and end_line"), nil
	})
}

func numbered(list []string, first int, numbers bool) string {
	var b strings.Builder
	for i, line := range list {
		if numbers {
			fmt.Fprintf(&b, "%d\t", first+i)
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// binaryKind is what a file is that is no text, empty for one that is.
func binaryKind(content []byte) string {
	head := content[:min(len(content), 8000)]
	for n := 0; n < 3 && len(head) > 0 && !utf8.Valid(head); n++ { // cut in a rune
		head = head[:len(head)-1]
	}
	if bytes.IndexByte(head, 0) < 0 && utf8.Valid(head) {
		return ""
	}
	kind := http.DetectContentType(content)
	if strings.HasPrefix(kind, "text/") && bytes.IndexByte(head, 0) < 0 {
		return "" // another encoding; what is no UTF-8 is marked
	}
	return kind
}

// nearestPaths says which paths there are that look like the one that is not.
func (f *forge) nearestPaths(ctx context.Context, b Backend, repo, ref, name string, err error) error {
	tree, failed := b.Tree(ctx, repo, ref, "", true)
	if failed != nil {
		return f.unknownRef(ctx, b, repo, err, "", ref)
	}
	var same, files []string
	for _, e := range tree.Entries {
		if e.Type == "dir" {
			continue
		}
		files = append(files, e.Path)
		if strings.EqualFold(stem(e.Path), stem(name)) {
			same = append(same, e.Path)
		}
	}
	if near := kit.Nearest(name, files); near != "" && !slices.Contains(same, near) {
		same = append([]string{near}, same...)
	}
	if len(same) == 0 {
		return hinted(err, kit.NotFound, "nothing there is called like it; list_files repo=%s shows what is", repo)
	}
	return hinted(err, kit.NotFound, "did you mean %s?", strings.Join(same[:min(len(same), 3)], " or "))
}

// unknownTree says whether it is the folder that is not there, or the ref.
func (f *forge) unknownTree(ctx context.Context, b Backend, repo, ref, folder string, err error) error {
	if folder != "" && IsCode(err, kit.NotFound) {
		if _, failed := b.Resolve(ctx, repo, ref); failed == nil {
			return hinted(err, kit.NotFound, "there is no %s at that ref; list_files repo=%s without path shows the root", folder, repo)
		}
	}
	return f.unknownRef(ctx, b, repo, err, "", ref)
}

// stem is the name of a file without its ending.
func stem(name string) string {
	base := path.Base(name)
	return strings.TrimSuffix(base, path.Ext(base))
}

type listFilesArgs struct {
	Repo      string `arg:"repo,required" doc:"{repo}"`
	Path      string `arg:"path"`
	Ref       string `arg:"ref"`
	Recursive bool   `arg:"recursive"`
	Glob      string `arg:"glob" doc:"*.go, cmd/**; looks into folders" alias:"pattern"`
	Depth     int    `arg:"depth" min:"1" doc:"of folders"`
	kit.Paging
}

type entryRow struct {
	Path string `json:"path"`
	Type string `json:"type"`
	Size int64  `json:"size,omitempty"`
}

type treeHead struct {
	Warnings []string `json:"warnings,omitempty"`
}

func (f *forge) listFiles() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "list_files", Title: "List files", Description: "Files and folders below a path.",
		Hints: kit.ReadWorld, Output: treeHead{}, ListName: "files", PerPage: 100, MaxPerPage: 500, Example: `{"repo":"acme/web","glob":"*_test.go"}`,
	}), func(ctx context.Context, a listFilesArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		name, err := filePath(a.Path)
		if err != nil {
			return nil, err
		}
		if err := refName("ref", a.Ref); err != nil {
			return nil, err
		}
		deep := a.Recursive || a.Glob != "" || a.Depth > 1
		tree, err := b.Tree(ctx, repo, a.Ref, name, deep)
		if err != nil {
			return nil, f.unknownTree(ctx, b, repo, a.Ref, name, err)
		}
		var g globs
		if a.Glob != "" {
			if g, err = newGlobs([]string{a.Glob}); err != nil {
				return nil, err
			}
		}
		var rows []entryRow
		for _, e := range tree.Entries {
			below := strings.TrimPrefix(strings.TrimPrefix(e.Path, name), "/")
			switch {
			case a.Depth > 0 && strings.Count(below, "/") >= a.Depth:
			case g != nil && (e.Type == "dir" || g.match(e.Path, below) == ""):
			default:
				rows = append(rows, entryRow{e.Path, e.Type, e.Size})
			}
		}
		var head treeHead
		if tree.Cut {
			head.Warnings = []string{"the forge left out a part of this tree: ask with path"}
		}
		return kit.Records(head, kit.Slice(a.Paging, rows)).Untrusted().Narrow("narrow with path, glob or depth"), nil
	})
}

type searchCodeArgs struct {
	Repo     string `arg:"repo,required" doc:"{repo}"`
	Query    string `arg:"query,required"`
	Path     string `arg:"path" doc:"glob" alias:"glob,files"`
	Language string `arg:"language" doc:"or ending: go"`
	Ref      string `arg:"ref"`
	kit.Paging
}

type hitsHead struct {
	Hints []string `json:"hints,omitempty"`
}

const lineRunes = 240

func (f *forge) searchCode() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "search_code", Title: "Search code", Description: "Files with a text in them, whatever its case, and the lines that have it.",
		Hints: kit.ReadWorld, Output: hitsHead{}, ListName: "hits", Example: `{"repo":"acme/web","query":"func main","path":"cmd/**"}`,
	}), func(ctx context.Context, a searchCodeArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		if err := refName("ref", a.Ref); err != nil {
			return nil, err
		}
		q := CodeQuery{Text: a.Query, Glob: a.Path, Language: a.Language, Ref: a.Ref}
		page, err := fetch(ctx, f, a.Paging, func(at At) (List[CodeHit], error) { return b.SearchCode(ctx, repo, q, at) })
		if err != nil {
			return nil, f.unknownRef(ctx, b, repo, err, "", a.Ref)
		}
		var head hitsHead
		if len(page.Items) == 0 {
			head.Hints = []string{"nothing found; try a shorter query, without path or language, or list_files with a glob"}
		}
		return kit.Records(head, convert(page, hitText)).Untrusted().Narrow("narrow with path or language"), nil
	})
}

// codeRow is a file with its lines. Paging is by file, so a file is one record.
type codeRow struct {
	File  string   `json:"file"`
	Lines []string `json:"lines"`
	More  int      `json:"more_lines,omitempty"`
}

func hitText(h CodeHit) codeRow {
	row := codeRow{File: h.Path, More: h.More}
	for _, line := range h.Lines {
		row.Lines = append(row.Lines, itoa(line.Number)+": "+short(line.Text, lineRunes))
	}
	return row
}
