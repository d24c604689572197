package forge

import (
	"bytes"
	"cmp"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// What backends share, whose services and libraries resemble each other.

// OwnerName is owner and name of a repository; the tools have checked that there
// are two.
func OwnerName(repo string) (owner, name string) {
	owner, name, _ = strings.Cut(repo, "/")
	return owner, name
}

// EscapePath is a path or a ref for a URL, whose slashes stay.
func EscapePath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

// Value is what p points to, the zero value for what is not given.
func Value[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

// IsLFS reports whether a file is a pointer to one in Git's large file storage.
func IsLFS(content []byte) bool {
	return bytes.HasPrefix(content, []byte("version https://git-lfs.github.com/spec/"))
}

var wholeSHA = regexp.MustCompile(`^(?i:[0-9a-f]{40}|[0-9a-f]{64})$`)

// IsSHA reports whether a text is a whole sha: of SHA-1, or SHA-256.
func IsSHA(text string) bool { return wholeSHA.MatchString(text) }

// GitEntry is an entry of a tree by its type and mode, as git has them.
func GitEntry(path, sha, kind, mode string, size int64) Entry {
	e := Entry{Path: path, SHA: sha, Size: size, Type: "file", Exec: mode == "100755"}
	switch {
	case kind == "tree":
		e.Type, e.Size = "dir", 0
	case kind == "commit" || mode == "160000":
		e.Type = "submodule"
	case mode == "120000":
		e.Type = "symlink"
	}
	return e
}

// LargestFirst are the names of shares, such as languages by their bytes.
func LargestFirst[N cmp.Ordered](shares map[string]N) []string {
	return slices.SortedFunc(maps.Keys(shares), func(a, b string) int {
		return cmp.Or(cmp.Compare(shares[b], shares[a]), cmp.Compare(a, b))
	})
}

// CommentNumber reads the id of a comment where that is a number.
func CommentNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, kit.Errorf(kit.InvalidArgument, "%q is no id of a comment", text).WithHint("get_issue shows the ids of its comments")
	}
	return n, nil
}
