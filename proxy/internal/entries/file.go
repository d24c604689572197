package entries

import (
	"bytes"
	"path/filepath"
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// FileName is what a file that holds nothing but the entries is called: as the
// client's own. It is empty for a client that has no file of the user's.
func FileName(t target.Target, h target.Host) string {
	if t.User == nil {
		return ""
	}
	return filepath.Base(t.User(h)[0])
}

// Text is that file, in the client's format.
func Text(t target.Target, entries configfile.Object) ([]byte, error) {
	var edits []configfile.Edit
	for _, m := range entries {
		edits = append(edits, configfile.Edit{Path: append(slices.Clone(t.Key), m.Key), Value: m.Value})
	}
	text, _, err := configfile.Change(t.Format, nil, edits)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 && t.Format == configfile.JSONC {
		text = []byte("{}")
	}
	if !bytes.HasSuffix(text, []byte("\n")) {
		text = append(text, '\n')
	}
	return text, nil
}
