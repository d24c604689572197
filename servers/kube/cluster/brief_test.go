package cluster

import (
	"strconv"
	"strings"
	"testing"
)

func TestBrief(t *testing.T) {
	secret := `{"apiVersion":"v1","data":{"note":"aHVudGVyMg==","bad":5},"kind":"Secret"}`
	template := `{"labels":null,"Spec":{"Containers":[{"Env":[{"Name":"NOTE","Value":"hunter2"}]}],"x":"` + strings.Repeat("a}", 40) + `"}}`
	for message, want := range map[string]string{
		`"" is invalid: patch: Invalid value: ` + strconv.Quote(secret) + `: illegal base64`:                        `"" is invalid: patch: Invalid value: {…}: illegal base64`,
		`[spec.template: Invalid value: ` + template + `: field is immutable, spec.x: Invalid value: 7: too small]`: `[spec.template: Invalid value: {…}: field is immutable, spec.x: Invalid value: 7: too small]`,
		`spec: Invalid value: v1.PodSpec{A:"}` + strings.Repeat("hunter2", 20) + `", B:[]string{"x"}}: no`:          `spec: Invalid value: {…}: no`,
		`patch: Invalid value: "map[data:map[note:` + strings.Repeat("hunter2 ", 20) + `]]": unrecognized`:          `patch: Invalid value: {…}: unrecognized`,
		`spec: Invalid value: {"a":"` + strings.Repeat("hunter2", 20):                                               `spec: Invalid value: {…}`,
		`spec.ports[0]: Invalid value: 70000: must be between 1 and 65535`:                                          `spec.ports[0]: Invalid value: 70000: must be between 1 and 65535`,
		`spec.selector: Invalid value: {"matchLabels":{"app":"web"}}: field is immutable`:                           `spec.selector: Invalid value: {"matchLabels":{"app":"web"}}: field is immutable`,
		`metadata.name: Invalid value: "A_b": a lowercase RFC 1123 label must consist of [a-z] {and more}`:          `metadata.name: Invalid value: "A_b": a lowercase RFC 1123 label must consist of [a-z] {and more}`,
	} {
		if got := brief(message); got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", message, got, want)
		}
	}
}
