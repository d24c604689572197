package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge/patch"
	"github.com/loom-core/loom/servers/kit"
)

// diff is the diff at a path. Of one that is too large for GitHub the files have
// their parts, as far as each is not too large itself.
func (g *github) diff(ctx context.Context, path string, files func(gh.ListOptions) ([]*gh.CommitFile, *gh.Response, error)) (string, error) {
	raw, err := g.as(ctx, "diff", path, nil)
	if err == nil {
		return string(raw), nil
	}
	var e *kit.Error
	if !errors.As(err, &e) || e.Status != http.StatusNotAcceptable && e.Status != http.StatusUnprocessableEntity && e.Code != kit.TooLarge {
		return "", err
	}
	list, failed := everything(files)
	if failed != nil {
		return "", wrap(ctx, failed)
	}
	var b strings.Builder
	for _, f := range list {
		writeFile(&b, f)
	}
	return b.String(), nil
}

// writeFile writes a file as git does. One without a part is binary, or too
// large, or changed in its name only.
func writeFile(b *strings.Builder, f *gh.CommitFile) {
	name, old := f.GetFilename(), f.GetFilename()
	if f.GetPreviousFilename() != "" {
		old = f.GetPreviousFilename()
	}
	b.WriteString("diff --git a/" + old + " b/" + name + "\n")
	before, after := "a/"+old, "b/"+name
	switch f.GetStatus() {
	case "added":
		b.WriteString("new file mode 100644\n")
		before = "/dev/null"
	case "removed":
		b.WriteString("deleted file mode 100644\n")
		after = "/dev/null"
	case "renamed":
		b.WriteString("rename from " + old + "\nrename to " + name + "\n")
	}
	switch {
	case f.GetPatch() != "":
		b.WriteString("--- " + before + "\n+++ " + after + "\n" + strings.TrimSuffix(f.GetPatch(), "\n") + "\n")
	case f.GetChanges() > 0:
		b.WriteString(patch.OmittedMark + "it is too large for GitHub to show\n")
	case f.GetStatus() != "renamed":
		b.WriteString("Binary files " + before + " and " + after + " differ\n")
	}
}
