package kubetest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

var verbs = []string{"get", "list", "watch", "create", "update", "patch", "delete"}

// discover answers in the form of old servers, one request for each group.
func (a *API) discover(w http.ResponseWriter, path string) bool {
	switch {
	case path == "/api":
		reply(w, map[string]any{"kind": "APIVersions", "versions": []string{"v1"}})
	case path == "/apis":
		var groups []any
		var seen []string
		for _, k := range kinds {
			if k.group == "" || slices.Contains(seen, k.group) {
				continue
			}
			seen = append(seen, k.group)
			v := map[string]any{"groupVersion": k.apiVersion(), "version": k.version}
			groups = append(groups, map[string]any{"name": k.group, "versions": []any{v}, "preferredVersion": v})
		}
		reply(w, map[string]any{"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
	case path == "/openapi/v3":
		paths := map[string]any{}
		for _, k := range kinds {
			at := strings.TrimPrefix(k.root(), "/")
			paths[at] = map[string]any{"serverRelativeURL": "/openapi/v3/" + at}
		}
		reply(w, map[string]any{"paths": paths})
	case strings.HasPrefix(path, "/openapi/v3/"):
		reply(w, schemas(strings.TrimPrefix(path, "/openapi/v3")))
	default:
		var resources []any
		for _, k := range kinds {
			if k.root() != path {
				continue
			}
			if slices.Contains(a.Down, k.group) {
				fail(w, http.StatusServiceUnavailable, "ServiceUnavailable", "error trying to reach service")
				return true
			}
			resources = append(resources, map[string]any{"name": k.resource, "singularName": strings.ToLower(k.kind), "namespaced": !k.cluster, "kind": k.kind, "verbs": verbs, "shortNames": k.short})
		}
		if resources == nil {
			return false
		}
		reply(w, map[string]any{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": strings.TrimPrefix(strings.TrimPrefix(path, "/apis/"), "/api/"), "resources": resources})
	}
	return true
}

// review answers SelfSubjectAccessReviews and SelfSubjectRulesReviews.
func (a *API) review(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Spec struct {
			ResourceAttributes struct{ Verb, Resource string }
		}
	}
	json.NewDecoder(r.Body).Decode(&in)
	var status map[string]any
	if strings.HasSuffix(r.URL.Path, "rulesreviews") {
		status = map[string]any{"resourceRules": []any{map[string]any{"verbs": []string{"get", "list"}, "apiGroups": []string{""}, "resources": []string{"pods"}}}, "nonResourceRules": []any{}, "incomplete": false}
		reply(w, map[string]any{"kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "status": status})
		return
	}
	allowed := !slices.Contains(a.Deny, in.Spec.ResourceAttributes.Verb+" "+in.Spec.ResourceAttributes.Resource)
	status = map[string]any{"allowed": allowed}
	reply(w, map[string]any{"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "status": status})
}

// schemas has one for each kind below root, all with the same fields.
func schemas(root string) map[string]any {
	text := map[string]any{"type": "string", "description": "A text. It has a second sentence."}
	all := map[string]any{
		"Spec": map[string]any{"type": "object", "description": "What is wanted.", "required": []string{"name"}, "properties": map[string]any{
			"name": text, "parts": map[string]any{"type": "array", "items": map[string]any{"$ref": "#/components/schemas/Part"}},
			"labels": map[string]any{"type": "object", "additionalProperties": text},
		}},
		"Part": map[string]any{"type": "object", "properties": map[string]any{"size": map[string]any{"type": "integer"}}},
	}
	for _, k := range kinds {
		if k.root() == root {
			all[k.kind] = map[string]any{
				"type": "object", "description": k.kind + " of a test.", "x-kubernetes-group-version-kind": []any{map[string]any{"group": k.group, "version": k.version, "kind": k.kind}},
				"properties": map[string]any{"spec": map[string]any{"allOf": []any{map[string]any{"$ref": "#/components/schemas/Spec"}}}},
			}
		}
	}
	return map[string]any{"openapi": "3.0.0", "components": map[string]any{"schemas": all}}
}
