package run

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// octal is how mountinfo writes what would break its lines.
var octal = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// unmount undoes the mounts below dir, the last one first.
func unmount(dir string) error {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return fmt.Errorf("looking for mounts: %w", err)
	}
	var points []string
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 4 && strings.HasPrefix(octal.Replace(fields[4]), dir+"/") {
			points = append(points, octal.Replace(fields[4]))
		}
	}
	var errs []error
	for _, point := range slices.Backward(points) {
		if err := syscall.Unmount(point, syscall.MNT_DETACH); err != nil {
			errs = append(errs, fmt.Errorf("undoing the mount at %s: %w\numount -l %s mends it", point, err, point))
		}
	}
	return errors.Join(errs...)
}
