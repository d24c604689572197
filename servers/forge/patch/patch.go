// Package patch reads unified diffs: which files they have, their hunks, and
// the lines of each side that a reviewer can comment on. It imports nothing of
// ours.
package patch

import (
	"strconv"
	"strings"
)

// What a forge says of a file besides its diff stands among the lines before its
// hunks, where git writes nothing like it.
const (
	OmittedMark   = "# omitted: " // and why
	GeneratedMark = "# generated"
)

// File is a file in a diff.
type File struct {
	Path, Old            string // Old is another path that it had before, else empty
	Status               string // added, changed, deleted, renamed
	Binary               bool
	Generated            bool   // the forge says so
	Omitted              string // why the forge does not show it, else empty
	Additions, Deletions int
	Head                 []string // lines before the first hunk
	Hunks                []Hunk
}

// Hunk is a part of a file. Lines have their sign in front.
type Hunk struct {
	Header             string
	OldStart, NewStart int
	Lines              []string
}

// Parse reads a diff as git writes it. What it does not understand it skips.
func Parse(diff string) []File {
	var files []File
	var f *File
	rest := 0 // lines that the hunk still has, on the old and the new side together
	var oldLeft, newLeft int
	for line := range strings.SplitAfterSeq(diff, "\n") {
		line = strings.TrimSuffix(line, "\n")
		if rest > 0 && f != nil && len(f.Hunks) > 0 {
			h := &f.Hunks[len(f.Hunks)-1]
			sign := byte(' ')
			if line != "" {
				sign = line[0]
			}
			switch sign {
			case '+':
				newLeft--
				f.Additions++
			case '-':
				oldLeft--
				f.Deletions++
			case '\\':
			default:
				oldLeft--
				newLeft--
			}
			h.Lines = append(h.Lines, line)
			rest = max(oldLeft, 0) + max(newLeft, 0)
			continue
		}
		switch {
		case strings.HasPrefix(line, "diff --git "):
			files = append(files, File{Status: "changed", Head: []string{line}})
			f = &files[len(files)-1]
			f.Old, f.Path = gitPaths(line)
		case f == nil:
		case strings.HasPrefix(line, "@@ "):
			h := Hunk{Header: line}
			h.OldStart, oldLeft, h.NewStart, newLeft = ranges(line)
			rest = oldLeft + newLeft
			f.Hunks = append(f.Hunks, h)
		case strings.HasPrefix(line, `\`) && len(f.Hunks) > 0:
			h := &f.Hunks[len(f.Hunks)-1]
			h.Lines = append(h.Lines, line)
		case line != "" && len(f.Hunks) == 0:
			f.Head = append(f.Head, line)
			f.header(line)
		}
	}
	for i := range files {
		if files[i].Old == files[i].Path {
			files[i].Old = ""
		}
	}
	return files
}

// header reads one of the lines before the hunks.
func (f *File) header(line string) {
	switch {
	case strings.HasPrefix(line, "new file mode"):
		f.Status = "added"
	case strings.HasPrefix(line, "deleted file mode"):
		f.Status = "deleted"
	case strings.HasPrefix(line, "rename from "):
		f.Status, f.Old = "renamed", unquote(line[len("rename from "):])
	case strings.HasPrefix(line, "rename to "):
		f.Path = unquote(line[len("rename to "):])
	case strings.HasPrefix(line, "--- "):
		if name := stripSide(line[4:], "a/"); name != "" {
			f.Old = name
		}
	case strings.HasPrefix(line, "+++ "):
		if name := stripSide(line[4:], "b/"); name != "" {
			f.Path = name
		}
	case strings.HasPrefix(line, "Binary files "), strings.HasPrefix(line, "GIT binary patch"):
		f.Binary = true
	case strings.HasPrefix(line, OmittedMark):
		f.Omitted = line[len(OmittedMark):]
	case line == GeneratedMark:
		f.Generated = true
	}
}

// gitPaths guesses the paths of "diff --git a/x b/x"; the lines after it are
// surer where they are there.
func gitPaths(line string) (before, after string) {
	rest := strings.TrimPrefix(line, "diff --git ")
	if strings.HasPrefix(rest, `"`) {
		if i := strings.Index(rest[1:], `" `); i >= 0 {
			return stripSide(rest[:i+2], "a/"), stripSide(rest[i+3:], "b/")
		}
	}
	// Both names are the same, but for a rename.
	if n := len(rest); n%2 == 1 && rest[n/2] == ' ' && strings.TrimPrefix(rest[:n/2], "a/") == strings.TrimPrefix(rest[n/2+1:], "b/") {
		return stripSide(rest[:n/2], "a/"), stripSide(rest[n/2+1:], "b/")
	}
	if i := strings.Index(rest, " b/"); i >= 0 {
		return stripSide(rest[:i], "a/"), stripSide(rest[i+1:], "b/")
	}
	return "", ""
}

func stripSide(name, side string) string {
	name = unquote(strings.TrimSuffix(name, "\t"))
	if name == "/dev/null" {
		return ""
	}
	return strings.TrimPrefix(name, side)
}

// unquote reads a name that git wrote as a C string.
func unquote(name string) string {
	if !strings.HasPrefix(name, `"`) {
		return name
	}
	var b strings.Builder
	for i := 1; i < len(name) && name[i] != '"'; i++ {
		if name[i] != '\\' || i+1 >= len(name) {
			b.WriteByte(name[i])
			continue
		}
		i++
		if i+2 < len(name) && name[i] >= '0' && name[i] <= '3' {
			if n, err := strconv.ParseUint(name[i:i+3], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		if j := strings.IndexByte(`abtnvfr`, name[i]); j >= 0 {
			b.WriteByte("\a\b\t\n\v\f\r"[j])
		} else {
			b.WriteByte(name[i])
		}
	}
	return b.String()
}

// ranges reads "@@ -1,2 +3,4 @@".
func ranges(header string) (oldStart, oldLines, newStart, newLines int) {
	fields := strings.Fields(header)
	if len(fields) < 3 {
		return 0, 0, 0, 0
	}
	part := func(s string) (start, n int) {
		first, second, two := strings.Cut(strings.TrimLeft(s, "-+"), ",")
		start, _ = strconv.Atoi(first)
		if n = 1; two {
			n, _ = strconv.Atoi(second)
		}
		return start, max(n, 0)
	}
	oldStart, oldLines = part(fields[1])
	newStart, newLines = part(fields[2])
	return oldStart, oldLines, newStart, newLines
}
