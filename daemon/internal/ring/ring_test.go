package ring

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/daemon/internal/redact"
)

func texts(r *Ring) (out []string) {
	lines, _ := r.Since(0, time.Time{})
	for _, l := range lines {
		out = append(out, l.Text)
	}
	return out
}

// What a server writes is split where it likes, and cut where the ring likes:
// no part of a value that says anything is kept.
func TestCopyMasks(t *testing.T) {
	known := &redact.Set{}
	known.Add("0123456789abcdef")
	long := strings.Repeat("x", MaxLine-4)
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"a line", "token 0123456789abcdef!\n", []string{"token [redacted]!"}},
		{"no end", "token 0123456789abcdef", []string{"token [redacted]"}},
		{"two lines", "token 0123456789ab\ncdef!\n", []string{"token [redacted]", "[redacted]!"}},
		{"at the border of a chunk", long + "0123456789abcdef!\n", []string{long + "0123", "[redacted]!"}},
		{"others", "nothing\r\n\r\n\xff\n", []string{"nothing", "�"}},
	} {
		r := New(10, known)
		r.Copy("7", strings.NewReader(tc.in))
		if got := texts(r); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestAddMasksBeforeItCuts(t *testing.T) {
	known := &redact.Set{}
	known.Add("0123456789abcdef")
	r := New(10, known)
	r.Add("loomd", strings.Repeat("x", MaxLine-8)+"0123456789abcdef")
	if got := texts(r)[0]; strings.Contains(got, "01234567") {
		t.Errorf("kept %q", got[MaxLine-20:])
	}
}
