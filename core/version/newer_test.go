package version

import "testing"

func TestNewer(t *testing.T) {
	inOrder := []string{"v0.9.10", "v1.2.3-beta.2", "v1.2.3-rc1", "v1.2.3-rc.2", "v1.2.3-rc.10", "v1.2.3", "v1.2.4", "v1.10.0", "v2.0.0"}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if got := Newer(a, b); got != (i > j) {
				t.Errorf("Newer(%s, %s) = %v", a, b, got)
			}
		}
		for _, unknown := range []string{"", "devel", "0123456789ab", "v1.2.3-4-gabcdef012345", "v1.2.3-dirty", "v1.2.3+dirty", "v0.0.0-20261122221026-de77b154a660", "1.2.3", "v1.2", "v9999999999.0.0"} {
			if Newer(a, unknown) || Newer(unknown, a) {
				t.Errorf("%s and %q have an order", a, unknown)
			}
		}
	}
}
