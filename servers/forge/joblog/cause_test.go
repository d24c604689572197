package joblog

import "testing"

// TestCauseOfPytest is the line itself, without its mark.
func TestCauseOfPytest(t *testing.T) {
	for _, text := range []string{">       assert add(1, 2) == 4", "E       assert add(1, 2) == 4", "  assert add(1, 2) == 4"} {
		if got := Cause([]Line{{Text: "    def test_add():"}, {Text: text}}); got != "assert add(1, 2) == 4" {
			t.Errorf("the cause of %q is %q", text, got)
		}
	}
}
