package forge

import "github.com/loom-core/loom/servers/forge/patch"

// changed are the files of a comparison, from what the forge lists or from the diff.
func (c Comparison) changed() []ChangedFile {
	if c.Files != nil {
		return c.Files
	}
	return changedIn(patch.Parse(c.Diff))
}

func changedIn(files []patch.File) []ChangedFile {
	var list []ChangedFile
	for _, f := range files {
		list = append(list, ChangedFile{Path: f.Path, Old: f.Old, Status: f.Status, Additions: f.Additions, Deletions: f.Deletions})
	}
	return list
}
