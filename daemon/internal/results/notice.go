package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ReadTool is the exposed name of the tool that reads a kept result.
const ReadTool = "loom__read_result"

// maxNotice is longer than any notice that takes the place of a text.
const maxNotice = 160

// notice says in place of a text where it is.
type notice struct {
	id     string
	total  int64 // bytes of all texts
	noTool bool
	err    error // it is nowhere: it could not be kept
}

// cut is at the end of what is shown.
func (n notice) cut(at int64) string {
	if n.err != nil {
		return fmt.Sprintf("[loom: %d of %d bytes shown. The rest could not be kept: %s]", at, n.total, reason(n.err))
	}
	if n.noTool {
		return fmt.Sprintf("[loom: %d of %d bytes shown. The rest: resource %s]", at, n.total, uriAt(n.id, at))
	}
	return fmt.Sprintf("[loom: %d of %d bytes shown. The rest: %s or resource %s]", at, n.total, readCall(n.id, at), uriAt(n.id, at))
}

// left is in the place of a text of which nothing is shown.
func (n notice) left(at, size int64) string {
	switch {
	case n.err != nil:
		return fmt.Sprintf("[loom: %d bytes not shown]", size)
	case n.noTool:
		return fmt.Sprintf("[loom: %d bytes not shown: resource %s]", size, uriAt(n.id, at))
	}
	return fmt.Sprintf("[loom: %d bytes not shown: %s]", size, readCall(n.id, at))
}

// readCall is how a model reads on.
func readCall(id string, at int64) string {
	return fmt.Sprintf(`%s {"id":"%s","offset":%d}`, ReadTool, id, at)
}

// reason is why something could not be written, without the paths of this
// machine, which are no business of a model.
func reason(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	}
	return err.Error()
}
