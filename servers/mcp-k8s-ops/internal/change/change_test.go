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

func TestSum(t *testing.T) {
	const at = "kind: X\nmetadata: {name: a, uid: u, resourceVersion: '1', generation: 1, managedFields: [{manager: x}], labels: {a: b}}\nspec: {n: 1}\nstatus: {n: 1}\n"
	for _, tc := range []struct {
		name, after string
		same        bool
	}{
		{"a status write", "kind: X\nmetadata: {name: a, uid: u, resourceVersion: '2', generation: 2, managedFields: [{manager: y}], labels: {a: b}}\nspec: {n: 1}\nstatus: {n: 2}\n", true},
		{"a label", strings.Replace(at, "a: b", "a: c", 1), false},
		{"an annotation", strings.Replace(at, "labels", "annotations: {kubectl.kubernetes.io/last-applied-configuration: x}, labels", 1), false},
		{"made anew", strings.Replace(at, "uid: u", "uid: v", 1), false},
		{"the spec", strings.Replace(at, "spec: {n: 1}", "spec: {n: 2}", 1), false},
		{"gone", "", false},
	} {
		if same := Sum(object(t, at)) == Sum(object(t, tc.after)); same != tc.same {
			t.Errorf("%s: it is the same: %v", tc.name, same)
		}
	}
}

func TestOwners(t *testing.T) {
	of := func(entries string) string { return Owners(object(t, "metadata: {managedFields: ["+entries+"]}")) }
	const mine = "{manager: loom, operation: Apply, time: '1', fieldsV1: {'f:spec': {'f:n': {}}}}"
	for _, tc := range []struct {
		name, after string
		same        bool
	}{
		{"another time", strings.Replace(mine, "'1'", "'2'", 1), true},
		{"a status", mine + ", {manager: c, operation: Update, subresource: status, fieldsV1: {'f:status': {}}}", true},
		{"a status without the subresource", mine + ", {manager: c, operation: Update, fieldsV1: {'f:status': {}}}", true},
		{"another field", strings.Replace(mine, "f:n", "f:m", 1), false},
		{"another manager", mine + ", {manager: c, operation: Apply, fieldsV1: {'f:spec': {'f:n': {}}}}", false},
	} {
		if same := of(mine) == of(tc.after); same != tc.same {
			t.Errorf("%s: they are the same: %v", tc.name, same)
		}
	}
}
