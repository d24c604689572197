package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kube/kubetest"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/client-go/kubernetes/scheme"
)

// BenchmarkScan is what the tools do with twenty pages of 500 pods, apart from
// the API server: its answer is ready.
func BenchmarkScan(b *testing.B) {
	var items, rows, bare []string
	for i := range 500 {
		meta := fmt.Sprintf(`{"name":"pod-%05d","namespace":"default","uid":"8c5d1b1e-4a4e-4d1c-9d5b-%012d","resourceVersion":"%d","generation":1,"creationTimestamp":"2026-11-28T12:00:00Z","labels":{"n":"%d"},"managedFields":[{"manager":"e2e.test","operation":"Update","apiVersion":"v1","time":"2026-11-28T12:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:n":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:env":{".":{},"k:{\"name\":\"MODE\"}":{".":{},"f:name":{},"f:value":{}}},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:resources":{},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:enableServiceLinks":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}}]}`, i, i, i, i%100)
		items = append(items, `{"metadata":`+meta+`,"spec":{"containers":[{"name":"app","image":"loom.test/nosuch:1","env":[{"name":"MODE","value":"`+strings.Repeat("x", 500)+`"}],"resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":0,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","serviceAccount":"default","automountServiceAccountToken":false,"securityContext":{},"schedulerName":"loom-none","tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"},"status":{"phase":"Pending","qosClass":"BestEffort"}}`)
		cells := fmt.Sprintf(`{"cells":["pod-%05d","0/1","Pending","0","5m","<none>","<none>","<none>","<none>"]`, i)
		bare = append(bare, cells+"}")
		rows = append(rows, cells+`,"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":`+meta+`}}`)
	}
	decoder := scheme.Codecs.UniversalDeserializer()
	list := `{"kind":"PodList","apiVersion":"v1","metadata":{%s"resourceVersion":"1"},"items":[` + strings.Join(items, ",") + `]}`
	var columns []string
	for i, name := range []string{"Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates"} {
		columns = append(columns, fmt.Sprintf(`{"name":%q,"type":"string","format":%q,"description":"d","priority":%d}`, name, strings.Repeat("name", max(1-i, 0)), i/5))
	}
	bodies := make(map[string][]byte) // by what is asked for
	body := func(key, next string) []byte {
		if raw, ok := bodies[key+next]; ok {
			return raw
		}
		raw := fmt.Appendf(nil, list, next)
		switch key {
		case "table", "bare":
			lines := strings.Join(rows, ",")
			if key == "bare" {
				lines = strings.Join(bare, ",")
			}
			raw = fmt.Appendf(nil, `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{%s"resourceVersion":"1"},"columnDefinitions":[%s],"rows":[%s]}`, next, strings.Join(columns, ","), lines)
		case "protobuf":
			o, _, err := decoder.Decode(raw, nil, nil)
			if err != nil {
				panic(err)
			}
			var out bytes.Buffer
			if err := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme).Encode(o, &out); err != nil {
				panic(err)
			}
			raw = out.Bytes()
		}
		bodies[key+next] = raw
		return raw
	}
	api := kubetest.New(b)
	api.Hook = func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/pods") {
			return
		}
		n := 0
		fmt.Sscan(r.URL.Query().Get("continue"), &n)
		next := fmt.Sprintf(`"continue":"%d",`, n+1)
		if n == 19 {
			next = ""
		}
		key, kind := "json", "application/json"
		accept := r.Header.Get("Accept")
		switch {
		case strings.Contains(accept, "as=Table") && r.URL.Query().Get("includeObject") == "None":
			key = "bare"
		case strings.Contains(accept, "as=Table"):
			key = "table"
		case strings.Contains(accept, "protobuf"):
			key, kind = "protobuf", "application/vnd.kubernetes.protobuf"
		}
		w.Header().Set("Content-Type", kind)
		w.Write(body(key, next))
	}
	client := connect(b, api, nil)
	for _, call := range []struct{ name, tool, args string }{
		{"count", "list_resources", `{"kind":"pods","output":"count"}`},
		{"count in all", "list_resources", `{"kind":"pods","output":"count","all_namespaces":true}`},
		{"search", "search_resources", `{"name":"pod-00042","kinds":["pods"],"namespace":"default"}`},
		{"diagnose", "diagnose_workload", `{}`},
	} {
		b.Run(call.name, func(b *testing.B) {
			for b.Loop() {
				client.MustText(call.tool, json.RawMessage(call.args))
			}
		})
	}
}
