package proc

import (
	"os"
	"testing"
)

func TestParseStat(t *testing.T) {
	rss := 10 * int64(os.Getpagesize())
	const rest = " S 1 7 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 9 10\n"
	for line, want := range map[string]Process{
		"42 (node)" + rest:             {42, 1, 7, 3, 123456, "node", rss},
		"42 (a) S 9 9 9 (b) )" + rest:  {42, 1, 7, 3, 123456, "a) S 9 9 9 (b) ", rss},
		"42 ()" + rest:                 {42, 1, 7, 3, 123456, "", rss},
		"42 (node) Z 1 7 3 0 -1 0 0 0": {},
		"42 (node) S 1 7":              {},
		"42 node":                      {},
		"":                             {},
		")(":                           {},
	} {
		if got, ok := parseStat(line); got != want || ok != (want != Process{}) {
			t.Errorf("%q: %+v, want %+v", line, got, want)
		}
	}
}
