package kit

import "testing"

// TestPlain: 1e+06 is no page that anybody asked for.
func TestPlain(t *testing.T) {
	for n, want := range map[float64]string{1e6: "1000000", 99999999: "99999999", -1: "-1", 0.5: "0.5", 1e300: "1e+300"} {
		if got := plain(n); got != want {
			t.Errorf("%v is %s, want %s", n, got, want)
		}
	}
}
