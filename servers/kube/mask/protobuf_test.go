package mask

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

type answer struct {
	body []byte
	kind string
}

func (a answer) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Request: req, Header: http.Header{"Content-Type": {a.kind}}, Body: io.NopCloser(bytes.NewReader(a.body))}, nil
}

func through(t *testing.T, a answer, path string) ([]byte, error) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "https://cluster"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&Transport{Base: a, Typed: true}).RoundTrip(req)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(resp.Body)
}

// The corpus comes out of protobuf as it does out of JSON, alone and in a list.
func TestProtobuf(t *testing.T) {
	groups := map[string]string{"Deployment": "apps", "Ingress": "networking.k8s.io"}
	tried := 0
	for name, text := range corpus {
		var o map[string]any
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			t.Fatal(err)
		}
		kind, _ := o["kind"].(string)
		gvk := schema.GroupVersionKind{Group: groups[kind], Version: "v1", Kind: kind}
		if !scheme.Scheme.Recognizes(gvk) || kind == "List" {
			continue // never in protobuf
		}
		for _, list := range []bool{false, true} {
			content, as := o, gvk
			if list && !strings.HasSuffix(kind, "List") {
				as.Kind += "List"
				content = map[string]any{"items": []any{o}}
			}
			typed, err := scheme.Scheme.New(as)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(content)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, typed); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			typed.GetObjectKind().SetGroupVersionKind(as)
			var b bytes.Buffer
			if err := wire.Encode(typed, &b); err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(b.Bytes(), []byte(secret)) {
				t.Fatalf("%s has no secret to hide", name)
			}
			got, err := through(t, answer{b.Bytes(), Protobuf}, "/api/v1/things/x")
			if err != nil || bytes.Contains(got, []byte(secret)) {
				t.Errorf("%s (list: %v): %v %q", name, list, err, got)
			}
			tried++
		}
	}
	if tried < 16 {
		t.Errorf("only %d were tried", tried)
	}
}

// seen is what a client gets of what the API server has.
func seen(t *testing.T, o runtime.Object) runtime.Object {
	t.Helper()
	var b bytes.Buffer
	if err := wire.Encode(o, &b); err != nil {
		t.Fatal(err)
	}
	raw, err := through(t, answer{b.Bytes(), Protobuf}, "/api/v1/pods")
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := wire.Decode(raw, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// A long list comes out as if its items were masked one after the other.
func TestProtobufList(t *testing.T) {
	var list corev1.PodList
	for i := range 100 {
		p := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("p", i), ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "m"}}}}
		switch i % 3 {
		case 1:
			p.Annotations = map[string]string{LastApplied: secret, "note": fmt.Sprint("token=", secret, i)}
		case 2:
			p.Spec.Containers = []corev1.Container{{Name: "app", Args: []string{"--token", secret}, Env: []corev1.EnvVar{{Name: "DB_PASSWORD", Value: secret}, {Name: "MODE", Value: "test"}}}}
		}
		list.Items = append(list.Items, p)
	}
	list.ResourceVersion, list.Continue = "7", "next"
	list.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "PodList"})
	got := seen(t, &list)
	for i := range list.Items {
		list.Items[i].ManagedFields = nil
	}
	want, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&list)
	if err != nil {
		t.Fatal(err)
	}
	Object(want, "PodList", true)
	have, err := runtime.DefaultUnstructuredConverter.ToUnstructured(got)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(have)
	w, _ := json.Marshal(want)
	if string(a) != string(w) || bytes.Contains(a, []byte(secret)) {
		t.Errorf("got  %s\nwant %s", a, w)
	}
}

// What is no secret stays, but for managedFields.
func TestProtobufKeeps(t *testing.T) {
	text := `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x","labels":{"a":"b"},"managedFields":[{"manager":"m"}]},"spec":{"containers":[{"name":"app","resources":{"limits":{"cpu":"1500m"}},"livenessProbe":{"httpGet":{"port":"web"}}}]},"status":{"startTime":"2026-11-28T12:00:00Z","phase":"Pending"}}`
	o, _, err := scheme.Codecs.UniversalDeserializer().Decode([]byte(text), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := seen(t, o)
	o.(metav1.Object).SetManagedFields(nil)
	have, _ := runtime.DefaultUnstructuredConverter.ToUnstructured(got)
	want, _ := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	a, _ := json.Marshal(have)
	w, _ := json.Marshal(want)
	if string(a) != string(w) {
		t.Errorf("got  %s\nwant %s", a, w)
	}
}

// What cannot be read does not pass.
func TestProtobufUnreadable(t *testing.T) {
	for name, body := range map[string]string{"nothing": "", "no protobuf": secret, "cut": "k8s\x00\n\x10" + secret} {
		if got, err := through(t, answer{[]byte(body), Protobuf}, "/api/v1/secrets/x"); err == nil {
			t.Errorf("%s: passed %q", name, got)
		}
	}
}
