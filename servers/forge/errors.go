package forge

import (
	"errors"

	"github.com/loom-core/loom/servers/kit"
)

// isCode reports whether err is a [kit.Error] of that code.
func isCode(err error, code kit.Code) bool {
	var e *kit.Error
	return errors.As(err, &e) && e.Code == code
}

// hinted gives an error of that code the hint of the tool, which knows more of the
// next step than the backend.
func hinted(err error, code kit.Code, format string, args ...any) error {
	var e *kit.Error
	if errors.As(err, &e) && e.Code == code {
		with := *e
		return with.WithHint(format, args...)
	}
	return err
}
