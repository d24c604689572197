package table_test

import (
	"encoding/json"
	"maps"
	"math"
	"testing"

	"github.com/loom-core/loom/servers/kit/table"
)

func TestMarshalRow(t *testing.T) {
	fields := func(yield func(string, any) bool) { _ = yield("value", table.Number(1)) && yield("at", "now") }
	for _, test := range []struct {
		labels map[string]string
		want   string
	}{
		{nil, `{"value":1,"at":"now"}`},
		{map[string]string{"pod": "b", "app": `"a"`}, `{"app":"\"a\"","pod":"b","value":1,"at":"now"}`},
		{map[string]string{"value": "x"}, `{"label_value":"x","value":1,"at":"now"}`},
	} {
		if got, err := table.MarshalRow(test.labels, fields); err != nil || string(got) != test.want {
			t.Errorf("%v: %s, %v; want %s", test.labels, got, err, test.want)
		}
	}
	if got, err := table.MarshalRow(nil, maps.All(map[string]any{"f": func() {}})); err == nil {
		t.Errorf("a function is %s", got)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		math.NaN(): "null", math.Inf(1): `"+Inf"`, math.Inf(-1): `"-Inf"`, math.Copysign(0, -1): "0",
		12: "12", 1 << 52: "4503599627370496", 0.1234567: "0.123457", 123456.789: "123456.8", 1e300: "1e+300",
	} {
		if got, err := json.Marshal(table.Number(v)); err != nil || string(got) != want {
			t.Errorf("%v is %s, %v; want %s", v, got, err, want)
		}
	}
}

func TestHoist(t *testing.T) {
	first := map[string]string{"job": "a", "pod": "1", "zone": ""}
	all := []map[string]string{first, {"job": "a", "pod": "2"}}
	if common := table.Hoist(all); !maps.Equal(common, map[string]string{"job": "a"}) {
		t.Errorf("common are %v", common)
	}
	if !maps.Equal(all[0], map[string]string{"pod": "1", "zone": ""}) || !maps.Equal(all[1], map[string]string{"pod": "2"}) || len(first) != 3 {
		t.Errorf("left are %v of %v", all, first)
	}
	if common := table.Hoist(all[:1]); common != nil || len(all[0]) != 2 {
		t.Errorf("of one row %v, %v", common, all[0])
	}
}
