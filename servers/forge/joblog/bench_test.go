package joblog

import (
	"strings"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	raw := strings.Repeat("2026-11-01T10:00:04.1000000Z     compiling some module of the project \x1b[32mok\x1b[0m in 12 ms and going on\n", 10_000)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		Block(Parse(raw, false), 30)
	}
}
