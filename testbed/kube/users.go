package kube

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// User is somebody whom the API server knows by a token.
type User struct{ Name, Group, Token string }

// TokenFile is how an API server is told of users.
func TokenFile(users ...User) string {
	var b strings.Builder
	for _, u := range users {
		fmt.Fprintf(&b, "%s,%s,%s,%q\n", u.Token, u.Name, u.Name, u.Group)
	}
	return b.String()
}

// Kubeconfig leads some users to a cluster with that certificate, in PEM, the first
// of them by default. The contexts are called as the users are.
func Kubeconfig(url string, ca []byte, users ...User) string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: v1\nkind: Config\ncurrent-context: %q\n", users[0].Name)
	fmt.Fprintf(&b, "clusters:\n  - {name: loom-testbed, cluster: {server: %q, certificate-authority-data: %s}}\n", url, base64.StdEncoding.EncodeToString(ca))
	b.WriteString("users:\n")
	for _, u := range users {
		fmt.Fprintf(&b, "  - {name: %q, user: {token: %s}}\n", u.Name, u.Token)
	}
	b.WriteString("contexts:\n")
	for _, u := range users {
		fmt.Fprintf(&b, "  - {name: %q, context: {cluster: loom-testbed, user: %q}}\n", u.Name, u.Name)
	}
	return b.String()
}
