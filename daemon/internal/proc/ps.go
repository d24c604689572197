package proc

import (
	"strconv"
	"strings"
)

// sumKiB adds up what `ps -o rss=` prints: a number of KiB on each line.
func sumKiB(text string) (bytes int64) {
	for _, field := range strings.Fields(text) {
		if n, err := strconv.ParseInt(field, 10, 64); err == nil {
			bytes += n << 10
		}
	}
	return bytes
}
