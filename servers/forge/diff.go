package forge

import (
	"fmt"
	"strings"

	"github.com/loom-core/loom/servers/forge/patch"
	"github.com/loom-core/loom/servers/kit"
)

// diffQuery is which part of a diff is shown.
type diffQuery struct {
	tool, key        string // key names the commits: a piece fits only to those
	include, exclude []string
	usual            bool // leave out what is seldom read: lock files, what is generated
	stat             bool // the list of files and no more
	context          int  // lines around a change; -1: as they are
	resume           string
	before           int // bytes of the answer that something else takes
}

// diffMeta says what a piece leaves for the next.
type diffMeta struct {
	Files     int            `json:"files"`
	Additions int            `json:"additions"`
	Deletions int            `json:"deletions"`
	Shown     int            `json:"files_shown"`
	Omitted   int            `json:"files_omitted,omitempty"`
	Remaining int            `json:"files_remaining,omitempty"`
	NextArgs  map[string]any `json:"next_args,omitempty"`
}

const (
	// diffRoom is what the hunks of one answer may have: the default cap of the
	// kit less what comes around. A piece ends after a hunk; left to the cap it
	// would end at any line.
	diffRoom = 28 << 10
	// diffLeast is for the hunks when a long list of files comes before them.
	diffLeast = 8 << 10
	// diffTable is how many files are listed.
	diffTable = 200
)

// at is where a piece begins.
type diffAt struct{ File, Hunk int }

// usually are the files that a reader of a diff rarely wants.
var usually = []struct{ why, glob string }{
	{"lock file", "package-lock.json"}, {"lock file", "npm-shrinkwrap.json"}, {"lock file", "yarn.lock"}, {"lock file", "pnpm-lock.yaml"}, {"lock file", "bun.lock"},
	{"lock file", "go.sum"}, {"lock file", "go.work.sum"}, {"lock file", "Cargo.lock"}, {"lock file", "poetry.lock"}, {"lock file", "uv.lock"}, {"lock file", "Pipfile.lock"},
	{"lock file", "composer.lock"}, {"lock file", "Gemfile.lock"}, {"lock file", "flake.lock"}, {"lock file", "mix.lock"}, {"lock file", "packages.lock.json"},
	{"vendored", "vendor"}, {"vendored", "node_modules"}, {"vendored", "third_party"},
	{"generated", "*.pb.go"}, {"generated", "*_pb2.py"}, {"generated", "*_generated.go"}, {"generated", "zz_generated.*"}, {"generated", "*.min.js"}, {"generated", "*.min.css"}, {"generated", "*.map"}, {"generated", "*.snap"},
}

// reasons why files are left out, by their place; "" for those that are shown.
func (q diffQuery) reasons(files []patch.File) ([]string, error) {
	in, err := newGlobs(q.include)
	if err != nil {
		return nil, err
	}
	out, err := newGlobs(q.exclude)
	if err != nil {
		return nil, err
	}
	reasons := make([]string, len(files))
	for i, f := range files {
		switch {
		case out.match(f.Path, f.Old) != "":
			reasons[i] = "exclude"
		case in != nil && in.match(f.Path, f.Old) == "":
			reasons[i] = "not in files"
		case f.Binary:
			reasons[i] = "binary"
		case f.Omitted != "":
			reasons[i] = f.Omitted
		case in != nil || !q.usual || q.exclude != nil:
		default:
			for _, u := range usually {
				g, err := newGlob(u.glob)
				if err != nil {
					return nil, err
				}
				if g.re.MatchString(f.Path) {
					reasons[i] = u.why + ", name it in files to see it"
					break
				}
			}
			if reasons[i] == "" && f.Generated {
				reasons[i] = "generated, name it in files to see it"
			}
		}
	}
	return reasons, nil
}

// render is the table of all files, and the hunks of those that are wanted, as
// many as there is room for. The next piece goes on after the last hunk.
func (q diffQuery) render(files []patch.File) (string, *diffMeta, error) {
	reasons, err := q.reasons(files)
	if err != nil {
		return "", nil, err
	}
	meta := &diffMeta{Files: len(files)}
	for i, f := range files {
		meta.Additions += f.Additions
		meta.Deletions += f.Deletions
		if reasons[i] != "" {
			meta.Omitted++
		}
	}
	key := q.tool + " " + q.key + " " + strings.Join(q.include, "\n") + "\n!" + strings.Join(q.exclude, "\n") + fmt.Sprint(q.context)
	var from diffAt
	var b strings.Builder
	if q.resume != "" {
		if err := kit.DecodeCursor(key, q.resume, &from); err != nil {
			return "", nil, hintedCursor(err)
		}
	} else {
		writeDiffTable(&b, files, reasons)
	}
	if q.stat {
		meta.Omitted = 0
		return b.String(), meta, nil
	}
	room := max(diffRoom-q.before-b.Len(), diffLeast)
	used := 0
	for i := from.File; i < len(files); i++ {
		if reasons[i] != "" {
			continue
		}
		hunks := q.hunks(files[i])
		title := "\n" + files[i].Title() + "\n"
		first := 0
		if i == from.File {
			first = min(from.Hunk, len(hunks))
		}
		if first > 0 {
			title = "\n" + files[i].Title() + " (goes on)\n"
		}
		for n := first; n <= len(hunks); n++ {
			text := ""
			if n == first {
				text = title
			}
			if n < len(hunks) {
				text += hunks[n].Text()
			} else if n > first || text == "" {
				break // the title alone is for a file without hunks
			}
			if used > 0 && used+len(text) > room {
				q.rest(&b, meta, files, reasons, diffAt{i, n}, key)
				return b.String(), meta, nil
			}
			used += len(text)
			b.WriteString(text)
		}
		meta.Shown++
	}
	return b.String(), meta, nil
}

// rest says how the next piece is to be had.
func (q diffQuery) rest(b *strings.Builder, meta *diffMeta, files []patch.File, reasons []string, next diffAt, key string) {
	for i := next.File; i < len(files); i++ {
		if reasons[i] == "" {
			meta.Remaining++
		}
	}
	cursor := kit.EncodeCursor(key, next)
	meta.NextArgs = map[string]any{"resume": cursor, "cursor": ""}
	fmt.Fprintf(b, "\n[%s to come: call again with resume=%s]\n", count(meta.Remaining, "file"), cursor)
}

func (q diffQuery) hunks(f patch.File) []patch.Hunk {
	if q.context < 0 {
		return f.Hunks
	}
	var list []patch.Hunk
	for _, h := range f.Hunks {
		list = append(list, h.Trim(q.context)...)
	}
	return list
}

func writeDiffTable(b *strings.Builder, files []patch.File, reasons []string) {
	b.WriteString("file\tstatus\t+\t-\tomitted\n")
	for i, f := range files {
		if i == diffTable {
			fmt.Fprintf(b, "[and %s]\n", count(len(files)-i, "more file"))
			break
		}
		path := f.Path
		if f.Status == "renamed" && f.Old != "" {
			path = f.Old + " -> " + f.Path
		}
		fmt.Fprintf(b, "%s\t%s\t%d\t%d\t%s\n", path, f.Status, f.Additions, f.Deletions, reasons[i])
	}
}

// hintedCursor is the error of a piece that does not fit: most often the branch moved.
func hintedCursor(err error) error {
	return hinted(err, kit.InvalidArgument, "if the branch has moved since, or files or exclude are others, begin again without resume")
}
