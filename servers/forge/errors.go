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

// hinted adds a hint to an error of that code which has none of its own.
func hinted(err error, code kit.Code, format string, args ...any) error {
	var e *kit.Error
	if errors.As(err, &e) && e.Code == code {
		with := *e
		return with.WithHint(format, args...)
	}
	return err
}
