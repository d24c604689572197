package gitlab

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// commitOf is the commit of a parameter, or of the default branch.
func (c *call) commitOf(p *project, name string) (sha, ref string, ok bool) {
	if ref = c.str(name); ref == "" || ref == "HEAD" {
		ref = p.head
	}
	sha = c.resolve(p, ref)
	return sha, ref, sha != ""
}

type file struct {
	path, ref, commit, blob, last, content string
	exec                                   bool
}

func (c *call) file(p *project) (file, error) {
	if !c.has("ref") && c.r.Method == http.MethodGet && !c.switches.since(17, 8) {
		return file{}, &problem{http.StatusBadRequest, obj{"error": "ref is missing"}}
	}
	f := file{path: c.str("file_path")}
	var ok bool
	if f.commit, f.ref, ok = c.commitOf(p, "ref"); !ok {
		return file{}, missing("Commit")
	}
	if f.content, f.blob, ok = c.store.blob(f.commit, f.path); !ok {
		return file{}, missing("File")
	}
	f.last, _ = c.store.id("log", "-1", "--format=%H", f.commit, "--", f.path)
	mode, _ := c.store.ask("ls-tree", f.commit, "--", f.path)
	f.exec = strings.HasPrefix(mode, "100755")
	sum := sha256.Sum256([]byte(f.content))
	for name, value := range map[string]string{
		"File-Name": path.Base(f.path), "File-Path": f.path, "Size": strconv.Itoa(len(f.content)), "Encoding": "base64", "Content-Sha256": hex.EncodeToString(sum[:]), "Ref": f.ref,
		"Blob-Id": f.blob, "Commit-Id": f.commit, "Last-Commit-Id": f.last, "Execute-Filemode": strconv.FormatBool(f.exec),
	} {
		c.header.Set("X-Gitlab-"+name, value)
	}
	return f, nil
}

func getFile(c *call, p *project) (any, error) {
	f, err := c.file(p)
	if err != nil {
		return nil, err
	}
	return obj{
		"file_name": path.Base(f.path), "file_path": f.path, "size": len(f.content), "encoding": "base64", "content_sha256": c.header.Get("X-Gitlab-Content-Sha256"), "ref": f.ref,
		"blob_id": f.blob, "commit_id": f.commit, "last_commit_id": f.last, "execute_filemode": f.exec, "content": base64.StdEncoding.EncodeToString([]byte(f.content)),
	}, nil
}

func rawFile(c *call, p *project) (any, error) {
	f, err := c.file(p)
	return raw{"text/plain", []byte(f.content)}, err
}

func tree(c *call, p *project) (any, error) {
	sha, _, ok := c.commitOf(p, "ref")
	below := strings.Trim(c.str("path"), "/")
	notFound := func() (any, error) { return nil, missing("invalid revision or path") }
	if len(p.branches) == 0 {
		return nil, missing("Tree")
	}
	if !ok {
		return notFound()
	}
	args := []string{"ls-tree", "-z"}
	if c.bool("recursive") {
		args = append(args, "-r", "-t")
	}
	args = append(args, sha)
	if below != "" {
		args = append(args, "--", below+"/")
	}
	out, err := c.store.ask(args...)
	if err != nil || out == "" && below != "" {
		return notFound()
	}
	var list []obj
	for line := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		meta, name, ok := strings.Cut(line, "\t")
		fields := strings.Fields(meta)
		if ok && len(fields) == 3 && name != below {
			list = append(list, obj{"id": fields[2], "name": path.Base(name), "type": fields[1], "path": name, "mode": fields[0]})
		}
	}
	return paged(c, list, func(o obj) obj { return o })
}

func blame(c *call, p *project) (any, error) {
	f, err := c.file(p)
	if err != nil {
		return nil, err
	}
	args := []string{"blame", "--line-porcelain"}
	if r, ok := c.params["range"].(map[string]any); ok {
		c.params["range[start]"], c.params["range[end]"] = r["start"], r["end"]
	}
	if from, to := c.int("range[start]"), c.int("range[end]"); from > 0 || to > 0 {
		lines := strings.Count(f.content, "\n")
		if from < 1 || to < from || from > lines {
			return nil, bad("400 Bad request - range[start] is out of range")
		}
		args = append(args, "-L", strconv.Itoa(from)+","+strconv.Itoa(min(to, lines)))
	}
	out, err := c.store.ask(append(args, f.commit, "--", f.path)...)
	if err != nil {
		return nil, err
	}
	var list []obj
	last := ""
	for line := range strings.SplitSeq(strings.TrimSuffix(out, "\n"), "\n") {
		fields := strings.Fields(line)
		text, isText := strings.CutPrefix(line, "\t")
		switch {
		case isText:
			n := len(list) - 1
			list[n]["lines"] = append(list[n]["lines"].([]string), text)
		case len(fields) >= 3 && len(fields[0]) == 40:
			if fields[0] != last {
				list = append(list, obj{"commit": c.commitView(p, fields[0]), "lines": []string{}})
			}
			last = fields[0]
		}
	}
	return list, nil
}

func archive(c *call, p *project) (any, error) {
	sha, _, ok := c.commitOf(p, "sha")
	if !ok {
		return nil, missing("File")
	}
	out, err := c.store.run("", nil, "archive", "--format=tar.gz", "--prefix="+p.name()+"-"+sha+"/", sha)
	return raw{"application/octet-stream", []byte(out)}, err
}

func rawBlob(c *call, _ *project) (any, error) {
	out, err := c.store.ask("cat-file", "blob", c.str("sha"))
	if err != nil {
		return nil, missing("Blob")
	}
	return raw{"text/plain", []byte(out)}, nil
}

var fileRoutes = routes{
	"GET /projects/{id}/repository/files/{file_path}":       of(getFile),
	"GET /projects/{id}/repository/files/{file_path}/raw":   of(rawFile),
	"GET /projects/{id}/repository/files/{file_path}/blame": of(blame),
	"GET /projects/{id}/repository/tree":                    of(tree),
	"GET /projects/{id}/repository/archive":                 of(archive),
	"GET /projects/{id}/repository/archive.tar.gz":          of(archive),
	"GET /projects/{id}/repository/blobs/{sha}/raw":         of(rawBlob),
}
