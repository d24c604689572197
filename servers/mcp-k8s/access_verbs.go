package main

import (
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
)

// ofRequests are the verbs that requests have. A subresource has some of them, and
// its kind does not say which.
var ofRequests = []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}

// special are the verbs that rights have besides those of requests: for
// impersonation, roles, certificates and their signers, security policies, tokens of
// nodes. connect is none, that is an operation of admission.
var special = []string{
	"*", "approve", "attest", "bind", "escalate", "impersonate", "proxy", "request-serviceaccounts-token-audience", "sign", "use",
}

// modes are what is before a colon in verbs such as impersonate:user-info and
// associated-node:update.
var modes = []string{"impersonate", "impersonate-on", "associated-node", "arbitrary-node"}

// checkVerb is an error for a verb that a kind does not have. RBAC says yes to
// any word for whoever may do all.
func checkVerb(verb string, kind cluster.Kind, sub string) error {
	known, what := kind.Verbs, kind.GroupResource()
	if sub != "" {
		known, what = ofRequests, what+"/"+sub
	}
	if len(known) == 0 || slices.Contains(known, verb) || slices.Contains(special, verb) {
		return nil
	}
	if mode, _, ok := strings.Cut(verb, ":"); ok && slices.Contains(modes, mode) {
		return cluster.CheckName("verb", verb)
	}
	return kit.Errorf(kit.InvalidArgument, "%s has no verb %q", what, clip(verb)).
		WithHint("its verbs are %s; rights also have %s", strings.Join(known, ", "), strings.Join(special, ", "))
}
