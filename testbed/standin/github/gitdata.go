package github

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

func (c *call) createBlob() reply {
	var in struct{ Content, Encoding string }
	c.decode(&in)
	content := []byte(in.Content)
	if in.Encoding == "base64" {
		var err error
		if content, err = base64.StdEncoding.DecodeString(in.Content); err != nil {
			return unprocessable("content is not valid Base64")
		}
	}
	sha := c.repo.git.blob(string(content))
	return created(obj{"sha": sha, "url": c.at("/git/blobs/" + sha)})
}

// wrapped is base64 in lines, as GitHub has it.
func wrapped(content []byte) string {
	all := base64.StdEncoding.EncodeToString(content)
	var out strings.Builder
	for len(all) > 60 {
		out.WriteString(all[:60] + "\n")
		all = all[60:]
	}
	return out.String() + all + "\n"
}

func (c *call) createTree() reply {
	var in struct {
		BaseTree string `json:"base_tree"`
		Tree     []struct {
			Path, Mode, Type string
			SHA              *string
			Content          *string
		}
	}
	c.decode(&in)
	base := ""
	if in.BaseTree != "" {
		if base = c.repo.treeOf(in.BaseTree); base == "" {
			return unprocessable("base_tree is not a valid tree oid")
		}
	}
	var leaves []leaf
	for _, e := range in.Tree {
		l := leaf{path: e.Path, mode: e.Mode}
		switch {
		case strings.HasPrefix(e.Path, "/") || strings.Contains("/"+e.Path+"/", "/../") || strings.Contains("/"+e.Path+"/", "/.git/"):
			return unprocessable("tree.path contains a malformed path component")
		case e.Content != nil:
			l.sha = c.repo.git.blob(*e.Content)
		case e.SHA != nil:
			if l.sha = *e.SHA; c.repo.git.kind(l.sha) == "" && e.Mode != "160000" {
				return unprocessable("tree.sha " + l.sha + " is not a valid " + e.Type)
			}
		case base != "" && c.repo.git.ref(base+":"+e.Path) == "":
			return unprocessable("GitRPC::BadObjectState")
		}
		leaves = append(leaves, l)
	}
	sha, err := c.repo.git.tree(base, leaves)
	if err != nil {
		return unprocessable("GitRPC::BadObjectState")
	}
	return created(c.tree(sha, false))
}

// treeOf is the tree of a tree or a commit.
func (r *repo) treeOf(name string) string {
	if sha := r.git.resolve(name); sha != "" {
		name = sha
	}
	if !isHex(name) {
		return ""
	}
	sha, _ := r.git.run("rev-parse", "--verify", "--quiet", name+"^{tree}")
	return sha
}

func (c *call) getTree() reply {
	sha := c.repo.treeOf(c.args["tree_sha"])
	if sha == "" {
		return notFound()
	}
	return ok(c.tree(sha, c.query.Has("recursive")))
}

// treeLimit is after how many entries GitHub cuts a recursive tree off.
const treeLimit = 100_000

func (c *call) tree(sha string, recursive bool) obj {
	args := []string{"ls-tree", "-l", "-t"}
	if recursive {
		args = append(args, "-r")
	}
	lines := c.repo.git.list(append(args, sha)...)
	limit := treeLimit
	if c.h.lies.TreeLimit > 0 {
		limit = c.h.lies.TreeLimit
	}
	entries := []any{}
	for _, line := range lines[:min(len(lines), limit)] {
		meta, path, _ := strings.Cut(line, "\t")
		f := strings.Fields(meta)
		e := obj{"path": path, "mode": f[0], "type": f[1], "sha": f[2]}
		if size, err := strconv.Atoi(f[3]); err == nil {
			e["size"] = size
		}
		if f[1] != "commit" {
			e["url"] = c.at("/git/" + f[1] + "s/" + f[2])
		}
		entries = append(entries, e)
	}
	return obj{"sha": sha, "url": c.at("/git/trees/" + sha), "tree": entries, "truncated": len(lines) > limit}
}

func (c *call) createCommit() reply {
	var in struct {
		Message, Tree string
		Parents       []string
		Author        *struct {
			Name, Email string
			Date        time.Time
		}
	}
	c.decode(&in)
	if c.repo.git.kind(in.Tree) != "tree" {
		return unprocessable("Tree SHA does not exist")
	}
	for _, p := range in.Parents {
		if c.repo.git.kind(p) != "commit" {
			return unprocessable("Parent SHA does not exist or is not a commit object")
		}
	}
	author, when := c.h.author(c.me), c.h.tick()
	if in.Author != nil {
		author = person{in.Author.Name, in.Author.Email}
	}
	sha, err := c.repo.git.commit(in.Tree, in.Message, in.Parents, author, when)
	if err != nil {
		return unprocessable(err.Error())
	}
	return created(c.gitCommit(sha))
}

func (c *call) getGitCommit() reply {
	sha := c.args["commit_sha"]
	if c.repo.git.kind(sha) != "commit" {
		return notFound()
	}
	return ok(c.gitCommit(sha))
}

func (c *call) gitCommit(sha string) obj {
	one := c.repo.read(sha)
	return obj{
		"sha": one.sha, "node_id": "C_" + one.sha, "url": c.at("/git/commits/" + one.sha), "html_url": c.html + "/" + c.repo.full() + "/commit/" + one.sha,
		"author": one.person(), "committer": one.person(), "message": one.message,
		"tree": obj{"sha": one.tree, "url": c.at("/git/trees/" + one.tree)}, "parents": c.parents(one),
		"verification": unsigned(),
	}
}

func unsigned() obj {
	return obj{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
}

// at is a URL below the repository.
func (c *call) at(path string) string { return c.base + "/repos/" + c.repo.full() + path }
