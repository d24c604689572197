package rules

import "fmt"

// Forbidden says why a client would not start Loom's entry, by the settings in files,
// which are those of [Locations]. It is empty where nothing forbids it. argv is the
// entry's command line.
func Forbidden(id string, files []File, argv []string) (reason string) {
	forbids := clientOf(id).forbids
	if forbids == nil {
		return ""
	}
	var sheets []*sheet
	for _, f := range files {
		sheets = append(sheets, newSheet(f))
	}
	return forbids(sheets, argv)
}

func (p Place) String() string {
	switch {
	case p.Path == "":
		return "the server's entry"
	case p.Pos.Line == 0:
		return p.Path
	}
	return fmt.Sprintf("%s:%d:%d", p.Path, p.Pos.Line, p.Pos.Column)
}
