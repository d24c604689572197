package mask

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

func TestSensitive(t *testing.T) {
	for name, want := range map[string]bool{
		"DB_PASSWORD": true, "clientSecret": true, "--api-key": true, "token": true, "access-token": true, "AWS_SECRET_ACCESS_KEY": true,
		"client-key-data": true, "pgPassword": true, "secretName": false, "imagePullSecret": false, "tokens": false, "key": false,
		"token.txt": true, "password-prod": true, "db_password_1": true, "password2": true, "API_KEY_OLD": true, "token-file": false, "secret-name-1": false, "prod": false, "1": false,
		"secretKeyRef": false, "MODE": false, "tokenExpirationSeconds": false, "passwordFile": false, "": false,
	} {
		if got := Sensitive(name); got != want {
			t.Errorf("Sensitive(%q) = %v", name, got)
		}
	}
}

const secret = "hunter2-and-more"

// corpus are objects that have the secret in them.
var corpus = map[string]string{
	"secret":        `{"kind":"Secret","metadata":{"name":"x"},"data":{"a":"` + base64.StdEncoding.EncodeToString([]byte(secret)) + `"},"stringData":{"b":"` + secret + `"}}`,
	"list":          `{"kind":"SecretList","items":[{"data":{"a":"` + base64.StdEncoding.EncodeToString([]byte(secret)) + `"}}]}`,
	"mixed list":    `{"kind":"List","items":[{"kind":"Secret","data":{"a":"` + base64.StdEncoding.EncodeToString([]byte(secret)) + `"}}]}`,
	"last applied":  `{"kind":"Pod","metadata":{"annotations":{"` + LastApplied + `":"{\"x\":\"` + secret + `\"}"}}}`,
	"table":         `{"kind":"Table","columnDefinitions":[{"name":"Name"},{"name":"Api Token"}],"rows":[{"cells":["x","` + secret + `"],"object":{"kind":"PartialObjectMetadata","metadata":{"annotations":{"` + LastApplied + `":"` + secret + `"}}}}]}`,
	"column":        `{"kind":"Table","columnDefinitions":[{"name":"Pw","description":"Custom resource definition column (in JSONPath format): .spec.password"}],"rows":[{"cells":["` + secret + `"]}]}`,
	"environment":   `{"kind":"Pod","spec":{"containers":[{"env":[{"name":"DB_PASSWORD","value":"` + secret + `"}]}]}}`,
	"flags":         `{"kind":"Pod","spec":{"containers":[{"args":["--token","` + secret + `","--db-password=` + secret + `"],"command":["sh","-c","PGPASSWORD='` + secret + `' psql"]}]}}`,
	"template":      `{"kind":"Deployment","spec":{"template":{"spec":{"containers":[{"env":[{"name":"API_KEY","value":"` + secret + `"}]}]}}}}`,
	"config map":    `{"kind":"ConfigMap","data":{"password":"` + secret + `","app.yaml":"db:\n  password: ` + secret + `\n","app.env":"A=1\nTOKEN=` + secret + `\n","app.json":"{\"clientSecret\": \"` + secret + `\"}"},"binaryData":{"x":"` + base64.StdEncoding.EncodeToString([]byte(secret)) + `"}}`,
	"kubeconfig":    `{"kind":"ConfigMap","data":{"config":"apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: []\nusers:\n- name: a\n  user:\n    exec:\n      env:\n      - name: X\n        value: ` + secret + `\n"}}`,
	"probe":         `{"kind":"Pod","spec":{"containers":[{"livenessProbe":{"httpGet":{"httpHeaders":[{"name":"Authorization","value":"` + secret + `"}]}}}]}}`,
	"custom":        `{"kind":"Grafana","spec":{"config":{"security":{"admin_password":"` + secret + `"}}}}`,
	"custom Table":  `{"kind":"Table","spec":{"password":"` + secret + `"}}`,
	"annotation":    `{"kind":"Ingress","metadata":{"annotations":{"example.org/api-token":"` + secret + `"}}}`,
	"of lines":      `{"kind":"ConfigMap","data":{"password":"` + secret + `\n"}}`,
	"custom lines":  `{"kind":"Grafana","spec":{"password":"` + secret + `\nx"}}`,
	"in a list":     `{"kind":"X","spec":{"password":["` + secret + `"]}}`,
	"a level down":  `{"kind":"X","spec":{"credentials":{"value":"` + secret + `"},"token":{"primary":"` + secret + `"},"apiKey":[{"plain":"` + secret + `"}]}}`,
	"key with more": `{"kind":"ConfigMap","data":{"token.txt":"` + secret + `","password-prod":"` + secret + `","db_password_1":"` + secret + `"}}`,
	"like a marker": `{"kind":"X","spec":{"a":{"password":"<` + secret + `"},"b":{"password":"{{` + secret + `"},"c":{"password":"${A}` + secret + `"},"d":{"password":"[redacted: ` + secret + `"}}}`,
	"in XML":        `{"kind":"ConfigMap","data":{"a.xml":"<a>\n<db password=\"` + secret + `\"/><password>` + secret + `</password>\n</a>","b":"${A}\npassword=` + secret + `\n${B}"}}`,
	"note of JSON":  `{"kind":"X","metadata":{"annotations":{"other.tool/applied":"{\"kind\": \"Secret\", \"data\":{\"a\":\"` + base64.StdEncoding.EncodeToString([]byte(secret)) + `\"}}"}}}`,
	"manifest":      `{"kind":"ConfigMap","data":{"a.yaml":"kind: ConfigMap\n---\napiVersion: v1\nkind: Secret\nstringData:\n  a: ` + secret + `\n"}}`,
	"manifest env":  `{"kind":"ConfigMap","data":{"a.yaml":"env:\n- name: DB_PASSWORD\n  value: ` + secret + `\n"}}`,
	"config header": `{"kind":"ConfigMap","data":{"x":"headers:\n  - 'x-auth-token: ` + secret + `'"}}`,
}

func TestObject(t *testing.T) {
	for name, text := range corpus {
		for _, typed := range []bool{false, true} {
			var o map[string]any
			if err := json.Unmarshal([]byte(text), &o); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			Object(o, "", typed)
			raw, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(raw), secret) || strings.Contains(string(raw), base64.StdEncoding.EncodeToString([]byte(secret))) {
				t.Errorf("%s (typed: %v): %s", name, typed, raw)
			}
			if name == "secret" && !typed && !strings.Contains(string(raw), `"a":"[redacted: 16 bytes]"`) {
				t.Errorf("a secret became %s", raw)
			}
		}
	}
}

// What is no secret stays, or nobody can see what is wrong.
func TestObjectKeeps(t *testing.T) {
	text := `{"kind":"Pod","metadata":{"annotations":{"a":"b"}},"spec":{"automountServiceAccountToken":true,"containers":[{"args":["--v=2","--token-file=/x"],"env":[{"name":"MODE","value":"test"},{"name":"TOKEN","valueFrom":{"secretKeyRef":{"key":"password","name":"db"}}},{"name":"PASSWORD","value":"$(OTHER)"},{"name":"API_TOKEN","value":"{{ .Values.token }}"}]}],"credentials":{"key":"value","name":"db"},"imagePullSecrets":[{"name":"r"}],"volumes":[{"secret":{"secretName":"db"}}]}}`
	var o map[string]any
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	Object(o, "", false)
	if raw, _ := json.Marshal(o); string(raw) != text {
		t.Errorf("got  %s\nwant %s", raw, text)
	}
}

func TestText(t *testing.T) {
	for text, hidden := range map[string]string{
		"TOKEN=abc123":                                             "abc123",
		`level=info password="two words" x=1`:                      "two words",
		`{"apiKey":"abc","n":1}`:                                   "abc",
		`{\"apiKey\":\"abc\"}`:                                     "abc",
		"a\n  password: abc\nb":                                    "abc",
		"- token: abc":                                             "abc",
		"cannot use token: signature mismatch":                     "",
		"sent token: abc12345678 to it":                            "abc12345678",
		"token: <none>":                                            "",
		"secretName: x":                                            "",
		"password: [redacted: 3 bytes]":                            "",
		"TOKEN=":                                                   "",
		"password: ${DB_PASSWORD}":                                 "",
		"password: {{.Values.password}}":                           "",
		"password: {{- .Values.password }}":                        "",
		"password: $(DB_PASSWORD)x1":                               "$(DB_PASSWORD)x1",
		`[{"name":"DB_PASSWORD","value":"abc"}]`:                   "abc",
		`[{\"name\":\"DB_PASSWORD\",\"value\":\"abc\"}]`:           "abc",
		"v1.EnvVar{Name: \"DB_PASSWORD\", Value: \"abc\"}":         "abc",
		"Name:\u00a0 \"DB_PASSWORD\",\n-\u00a0\tValue: \"abc\",\n": "abc",
		`[{"name":"MODE","value":"abc"}]`:                          "",
		"<password>abc</password>":                                 "abc",
		"<dependency>token</dependency>":                           "",
		"MountVolume failed: secret not found":                     "",
	} {
		spans := Text(text)
		got := ""
		if len(spans) > 0 {
			got = text[spans[0].Start:spans[0].End]
		}
		if got != hidden || len(spans) > 1 {
			t.Errorf("%q hides %q, want %q", text, got, hidden)
		}
	}
}

// A field manager's error shows both the old value and the new.
func TestTextOfDiff(t *testing.T) {
	const text = "  Name: \"DB_PASSWORD\",\n- Value: \"one1\",\n+ Value: \"two2\",\n  Name: \"MODE\",\n- Value: \"slow\""
	got := hideAll(text)
	if strings.Contains(got, "one1") || strings.Contains(got, "two2") || !strings.Contains(got, "slow") {
		t.Errorf("got %s", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add("TOKEN=abc")
	f.Add(`"token":"`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, span := range Text(text) {
			if span.Start < 0 || span.End > len(text) || span.Start >= span.End {
				t.Errorf("%q has the span %+v", text, span)
			}
		}
	})
}

// An answer that does not say what it is.
func TestObjectOfNoKind(t *testing.T) {
	data := `"data":{"a":"` + base64.StdEncoding.EncodeToString([]byte(secret)) + `"}`
	for _, text := range []string{`{` + data + `}`, `{"items":[{` + data + `}]}`, `{"kind":"List","items":[{` + data + `}]}`, `{"kind":"Table","rows":[{"object":{` + data + `}}]}`} {
		got, err := (&Transport{}).mask([]byte(text), kindAt("/api/v1/namespaces/a/secrets"))
		if err != nil || !strings.Contains(string(got), "[redacted: 16 bytes]") {
			t.Errorf("%s became %s (%v)", text, got, err)
		}
	}
}

func TestHasObjects(t *testing.T) {
	for path, want := range map[string]bool{
		"/api": false, "/apis": false, "/api/v1": false, "/apis/apps/v1": false, "/version": false, "/openapi/v3/api/v1": false, "/openapi/v3/apis/apps/v1": false,
		"/api/v1/secrets": true, "/api/v1/namespaces/x/secrets/y": true, "/apis/apps/v1/deployments": true, "/api/v1/namespaces/openapi/secrets/version": true, "/apis/apps/v1/namespaces/openapi/v3": true, "/k8s/clusters/c/api/v1/secrets": true,
	} {
		if got := hasObjects(path); got != want {
			t.Errorf("hasObjects(%q) = %v", path, got)
		}
	}
}
