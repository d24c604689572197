package main

import (
	"fmt"
	"strings"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/forge/patch"
)

// fileDiff is a file of a diff, of whatever GitLab calls it.
type fileDiff struct {
	old, path, text                    string
	added, deleted, renamed, generated bool
	omitted                            string // why text is empty
}

func diffOf(d *gl.Diff) fileDiff {
	return fileDiff{old: d.OldPath, path: d.NewPath, text: d.Diff, added: d.NewFile, deleted: d.DeletedFile, renamed: d.RenamedFile}
}

func mergeDiffOf(d *gl.MergeRequestDiff) fileDiff {
	f := fileDiff{old: d.OldPath, path: d.NewPath, text: d.Diff, added: d.NewFile, deleted: d.DeletedFile, renamed: d.RenamedFile, generated: d.GeneratedFile}
	switch {
	case d.Diff != "":
	case d.TooLarge:
		f.omitted = "too large for GitLab to show"
	case d.Collapsed:
		f.omitted = "GitLab left it out: the diff has too many files or lines"
	}
	return f
}

// gitDiff writes files as git does, with lines of [patch] for what GitLab says
// besides.
func gitDiff(files []fileDiff) string {
	var b strings.Builder
	for _, f := range files {
		f.write(&b)
	}
	return b.String()
}

func (f fileDiff) write(b *strings.Builder) {
	before, after := quoted("a/"+f.old), quoted("b/"+f.path)
	fmt.Fprintf(b, "diff --git %s %s\n", before, after)
	switch {
	case f.added:
		b.WriteString("new file mode 100644\n")
		before = "/dev/null"
	case f.deleted:
		b.WriteString("deleted file mode 100644\n")
		after = "/dev/null"
	case f.renamed:
		fmt.Fprintf(b, "rename from %s\nrename to %s\n", quoted(f.old), quoted(f.path))
	}
	if f.generated {
		b.WriteString(patch.GeneratedMark + "\n")
	}
	if f.omitted != "" {
		b.WriteString(patch.OmittedMark + f.omitted + "\n")
	}
	if f.text == "" {
		return
	}
	if strings.HasPrefix(f.text, "@@") {
		fmt.Fprintf(b, "--- %s\n+++ %s\n", before, after)
	}
	b.WriteString(strings.TrimSuffix(f.text, "\n") + "\n")
}

// quoted is a path as git writes it: as a C string where it has to.
func quoted(path string) string {
	if !strings.ContainsFunc(path, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '"' || r == '\\' }) {
		return path
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(path) {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c == 0x7f:
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// changed is the file without its lines.
func (f fileDiff) changed() forge.ChangedFile {
	out := forge.ChangedFile{Path: f.path, Status: "changed"}
	switch {
	case f.added:
		out.Status = "added"
	case f.deleted:
		out.Status = "deleted"
	case f.renamed:
		out.Status, out.Old = "renamed", f.old
	}
	for _, file := range patch.Parse(gitDiff([]fileDiff{f})) {
		out.Additions, out.Deletions = file.Additions, file.Deletions
	}
	return out
}
