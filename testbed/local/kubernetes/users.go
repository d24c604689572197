package kubernetes

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/loom-core/loom/testbed/kube"
)

// user is somebody whom the API server knows.
type user struct{ name, group string }

var (
	controllers = user{"system:kube-controller-manager", ""}
	scheduler   = user{"system:kube-scheduler", ""}
	node        = user{"system:node:" + nodeName, "system:nodes"}
)

// users are all of them. Components have users of their own, so that the audit log
// tells their requests from a test's.
var users = []user{{kube.Admin, "system:masters"}, {kube.Outsider, ""}, controllers, scheduler, node}

// tokenFile is how the API server is told of users and their tokens.
func (k *keys) tokenFile() string {
	var b strings.Builder
	for _, u := range users {
		fmt.Fprintf(&b, "%s,%s,%s,%q\n", k.tokens[u.name], u.name, u.name, u.group)
	}
	return b.String()
}

// kubeconfig leads some users to a cluster, the first of them by default. The
// contexts are called as the users are.
func (k *keys) kubeconfig(url string, names ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: v1\nkind: Config\ncurrent-context: %q\n", names[0])
	fmt.Fprintf(&b, "clusters:\n  - {name: loom-testbed, cluster: {server: %q, certificate-authority-data: %s}}\n", url, base64.StdEncoding.EncodeToString(k.ca))
	b.WriteString("users:\n")
	for _, name := range names {
		fmt.Fprintf(&b, "  - {name: %q, user: {token: %s}}\n", name, k.tokens[name])
	}
	b.WriteString("contexts:\n")
	for _, name := range names {
		fmt.Fprintf(&b, "  - {name: %q, context: {cluster: loom-testbed, user: %q}}\n", name, name)
	}
	return b.String()
}
