package forge

import (
	"path"
	"strings"

	"github.com/loom-core/loom/servers/forge/keys"
)

// CodeMatcher finds the lines of a [CodeQuery], for backends that search
// themselves.
type CodeMatcher struct {
	text  string
	globs globs
	ends  []string // endings of the language; nil: any
}

// endings of languages that are not called like them.
var endings = map[string][]string{
	"javascript": {".js", ".jsx", ".mjs", ".cjs"}, "typescript": {".ts", ".tsx", ".mts", ".cts"}, "python": {".py", ".pyi"},
	"rust": {".rs"}, "ruby": {".rb"}, "kotlin": {".kt", ".kts"}, "markdown": {".md"}, "yaml": {".yml", ".yaml"}, "shell": {".sh", ".bash"},
	"c++": {".cc", ".cpp", ".cxx", ".hpp", ".hh", ".h"}, "c": {".c", ".h"}, "c#": {".cs"}, "csharp": {".cs"}, "golang": {".go"},
	"haskell": {".hs"}, "perl": {".pl", ".pm"}, "terraform": {".tf"}, "protobuf": {".proto"},
}

// NewCodeMatcher reads the query.
func NewCodeMatcher(q CodeQuery) (*CodeMatcher, error) {
	m := &CodeMatcher{text: strings.ToLower(q.Text)}
	if q.Glob != "" {
		var err error
		if m.globs, err = newGlobs([]string{q.Glob}); err != nil {
			return nil, err
		}
	}
	if q.Language != "" {
		name := strings.ToLower(strings.TrimPrefix(q.Language, "."))
		if m.ends = endings[name]; m.ends == nil {
			m.ends = []string{"." + name}
		}
	}
	return m, nil
}

// Path reports whether a file is to be looked into.
func (m *CodeMatcher) Path(name string) bool {
	if m.globs != nil && m.globs.match(name) == "" {
		return false
	}
	return m.ends == nil || contains(m.ends, path.Ext(name))
}

// Lines are those of a file that have the text, at most most of them; nil if
// there is none.
func (m *CodeMatcher) Lines(name, content string, most int) *CodeHit {
	if !strings.Contains(strings.ToLower(content), m.text) {
		return nil
	}
	hit := &CodeHit{Path: name}
	number := 0
	all := strings.Split(content, "\n")
	keys.Mask(all)
	for _, line := range all {
		number++
		if !strings.Contains(strings.ToLower(line), m.text) {
			continue
		}
		if len(hit.Lines) == most {
			hit.More++
			continue
		}
		hit.Lines = append(hit.Lines, HitLine{Number: number, Text: strings.TrimSpace(line), Match: true})
	}
	if hit.Lines == nil {
		return nil // it goes over the end of a line
	}
	return hit
}
