package change

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	if text == "" {
		return nil
	}
	var o map[string]any
	if err := yaml.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestDiff(t *testing.T) {
	for _, tc := range []struct {
		name, before, after string
		want                []string
		equal               bool
	}{
		{"what the server keeps",
			"kind: X\nmetadata: {name: a, resourceVersion: '1', managedFields: [{manager: x}], annotations: {kubectl.kubernetes.io/last-applied-configuration: hunter2}}\nstatus: {n: 1}\n",
			"kind: X\nmetadata: {name: a, resourceVersion: '2'}\nstatus: {n: 2}\n", nil, true},
		{"a number", "kind: X\nspec: {replicas: 1}\n", "kind: X\nspec: {replicas: 2}\n", []string{"-  replicas: 1\n+  replicas: 2\n"}, false},
		{"a new object", "", "kind: X\nspec: {replicas: 2}\n", []string{"+kind: X\n"}, false},
		{"a Secret of the same length", "kind: Secret\ndata: {key: aHVudGVyMg==, other: aHVudGVyMg==}\n", "kind: Secret\ndata: {key: aHVudGVyMw==, other: aHVudGVyMg==}\n",
			[]string{"-  key: '[redacted: 7 bytes] (old value)'\n+  key: '[redacted: 7 bytes] (new value)'\n", "   other: '[redacted: 7 bytes]'\n"}, false},
		{"a Secret of another length", "kind: Secret\ndata: {key: aHVudGVyMg==}\n", "kind: Secret\ndata: {key: aHVudGVyMjI=}\n",
			[]string{"-  key: '[redacted: 7 bytes]'\n+  key: '[redacted: 8 bytes]'\n"}, false},
		{"a variable", "kind: X\nspec: {env: [{name: DB_PASSWORD, value: hunter2}]}\n", "kind: X\nspec: {env: [{name: DB_PASSWORD, value: hunter3}]}\n",
			[]string{"(old value)", "(new value)"}, false},
	} {
		before, after := object(t, tc.before), object(t, tc.after)
		got := Diff("x", before, after)
		for _, want := range tc.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in\n%s", tc.name, want, got)
			}
		}
		if (Sum(before) == Sum(after)) != tc.equal {
			t.Errorf("%s: the sums are %s and %s", tc.name, Sum(before), Sum(after))
		}
		if (got == "") != tc.equal || Equal(before, after) != tc.equal {
			t.Errorf("%s: equal is %v, the difference\n%s", tc.name, Equal(before, after), got)
		}
		for _, secret := range []string{"hunter", "aHVudGVy"} {
			if strings.Contains(got, secret) {
				t.Errorf("%s: %s is in\n%s", tc.name, secret, got)
			}
		}
	}
}
