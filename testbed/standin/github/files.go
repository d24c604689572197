package github

import (
	"net/http"
	"strconv"
	"strings"
)

// file is one in a diff.
type file struct {
	path, old, status, sha, patch string
	added, deleted                int
}

// files are those that differ between two trees, with their patches.
func (r *repo) files(from, to string) (list []file) {
	raw, err := r.git.raw("", nil, "diff", "-M", "--raw", "--no-abbrev", "-z", from, to)
	if err != nil {
		return nil
	}
	fields := strings.Split(strings.TrimSuffix(string(raw), "\x00"), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		meta := strings.Fields(fields[i])
		f := file{path: fields[i+1], sha: meta[3]}
		switch meta[4][0] {
		case 'A':
			f.status = "added"
		case 'D':
			f.status, f.sha = "removed", meta[2]
		case 'R':
			f.status, f.old, f.path = "renamed", fields[i+1], fields[i+2]
			i++
		default:
			f.status = "modified"
		}
		list = append(list, f)
	}
	text, _ := r.git.raw("", nil, "diff", "-M", "--no-color", from, to)
	parts := strings.Split("\n"+string(text), "\ndiff --git ")
	for i := range list { // in the same order
		if i+1 >= len(parts) {
			break
		}
		_, hunks, found := strings.Cut(parts[i+1], "\n@@ ")
		if !found {
			continue
		}
		list[i].patch = "@@ " + strings.TrimSuffix(hunks, "\n")
		for line := range strings.SplitSeq(list[i].patch, "\n") {
			switch {
			case strings.HasPrefix(line, "+"):
				list[i].added++
			case strings.HasPrefix(line, "-"):
				list[i].deleted++
			}
		}
	}
	return list
}

func totals(files []file) (added, deleted int) {
	for _, f := range files {
		added, deleted = added+f.added, deleted+f.deleted
	}
	return added, deleted
}

func (c *call) file(f file, at string) obj {
	out := obj{
		"sha": f.sha, "filename": f.path, "status": f.status, "additions": f.added, "deletions": f.deleted, "changes": f.added + f.deleted,
		"blob_url": c.html + "/" + c.repo.full() + "/blob/" + at + "/" + f.path, "raw_url": c.html + "/" + c.repo.full() + "/raw/" + at + "/" + f.path, "contents_url": c.at("/contents/" + f.path + "?ref=" + at),
	}
	if f.patch != "" && !c.h.lies.NoPatches {
		out["patch"] = f.patch
	}
	if f.old != "" {
		out["previous_filename"] = f.old
	}
	return out
}

// getContents is a file or a folder.
func (c *call) getContents() reply {
	ref := c.query.Get("ref")
	if ref == "" {
		ref = c.repo.branch
	}
	sha := c.repo.git.resolve(ref)
	if sha == "" {
		if len(c.repo.names("heads")) == 0 {
			return failed(http.StatusNotFound, "This repository is empty.")
		}
		return failed(http.StatusNotFound, "No commit found for the ref "+ref)
	}
	path := strings.Trim(c.args["path"], "/")
	if path == "" {
		return c.folder(sha, path)
	}
	lines := c.repo.git.list("ls-tree", "-l", sha, "--", path)
	if len(lines) != 1 {
		return notFound()
	}
	meta, _, _ := strings.Cut(lines[0], "\t")
	f := strings.Fields(meta)
	if f[1] == "tree" {
		return c.folder(sha, path)
	}
	content, _ := c.repo.git.raw("", nil, "cat-file", "blob", f[2])
	if c.accepts("raw") {
		return reply{status: http.StatusOK, text: content, kind: "application/vnd.github.raw; charset=utf-8"}
	}
	out := c.entry(sha, path, f)
	out["encoding"], out["content"] = "base64", wrapped(content)
	if f[0] == "120000" {
		out["type"], out["target"] = "symlink", string(content)
		delete(out, "encoding")
		delete(out, "content")
	} else if len(content) > 1<<20 { // as raw it is to be had
		out["encoding"], out["content"] = "none", ""
	}
	return ok(out)
}

func (c *call) folder(sha, path string) reply {
	at := sha + ":" + path
	var entries []any
	for _, line := range c.repo.git.list("ls-tree", "-l", at) {
		meta, name, _ := strings.Cut(line, "\t")
		if path != "" {
			name = path + "/" + name
		}
		entries = append(entries, c.entry(sha, name, strings.Fields(meta)))
	}
	return ok(entries[:min(len(entries), 1000)])
}

// entry of a folder, from a line of git ls-tree.
func (c *call) entry(at, path string, meta []string) obj {
	size, _ := strconv.Atoi(meta[3])
	kind := map[string]string{"tree": "dir", "blob": "file", "commit": "submodule"}[meta[1]]
	url, page, git := c.at("/contents/"+path+"?ref="+at), c.html+"/"+c.repo.full()+"/blob/"+at+"/"+path, c.at("/git/"+meta[1]+"s/"+meta[2])
	out := obj{
		"type": kind, "size": size, "name": path[strings.LastIndexByte(path, '/')+1:], "path": path, "sha": meta[2],
		"url": url, "html_url": page, "git_url": git, "download_url": nil, "_links": obj{"self": url, "html": page, "git": git},
	}
	if kind == "file" {
		out["download_url"] = c.html + "/" + c.repo.full() + "/raw/" + at + "/" + path
	}
	return out
}
