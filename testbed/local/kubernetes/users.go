package kubernetes

import "github.com/loom-core/loom/testbed/kube"

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

// known are users with their tokens.
func (k *keys) known(users ...user) []kube.User {
	var all []kube.User
	for _, u := range users {
		all = append(all, kube.User{Name: u.name, Group: u.group, Token: k.tokens[u.name]})
	}
	return all
}

func (k *keys) tokenFile() string { return kube.TokenFile(k.known(users...)...) }

func (k *keys) kubeconfig(url string, names ...string) string {
	var all []user
	for _, name := range names {
		all = append(all, user{name: name})
	}
	return kube.Kubeconfig(url, k.ca, k.known(all...)...)
}
