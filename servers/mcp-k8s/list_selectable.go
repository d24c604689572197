package main

import (
	"context"
	"errors"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// selectable are the fields that a field_selector may name besides the name and
// the namespace, of the kinds that have any: as of Kubernetes 1.35, whose API tells
// nobody.
var selectable = map[string][]string{
	"pods": {
		"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
		"status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
	},
	"events": {
		"involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
		"involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
	},
	"services":               {"spec.clusterIP", "spec.type"},
	"secrets":                {"type"},
	"namespaces":             {"status.phase"},
	"nodes":                  {"spec.unschedulable"},
	"replicationcontrollers": {"status.replicas"},
	"replicasets.apps":       {"status.replicas"},
	"jobs.batch":             {"status.successful"},
	"certificatesigningrequests.certificates.k8s.io": {"spec.signerName"},
}

// withSelectable adds the fields that a kind has for selectors to the error of an
// API server that does not know one.
func (l *lister) withSelectable(ctx context.Context, err error) error {
	var e *kit.Error
	if l.args.FieldSelector == "" || !errors.As(err, &e) || e.Code != kit.InvalidArgument || e.Hint != "" || !strings.Contains(e.Message, "field") {
		return err
	}
	names := []string{"metadata.name"}
	if l.kind.Namespaced {
		names = append(names, "metadata.namespace")
	}
	names = append(names, selectable[l.kind.GroupResource()]...)
	if strings.Contains(l.kind.Group, ".") {
		names = append(names, l.declared(ctx)...)
	}
	return e.WithHint("field_selector of %s takes %s; status and label_selector choose by other things", l.kind.Resource, strings.Join(names, ", "))
}

// declared are the fields that a CRD has selectors for; none when it cannot be
// read. Those whose values are not shown are left out.
func (l *lister) declared(ctx context.Context) (names []string) {
	crds := cluster.Kind{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	o, err := l.Dynamic().Resource(crds.GVR()).Get(ctx, l.kind.GroupResource(), metav1.GetOptions{})
	if err != nil {
		return nil
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Name             string `json:"name"`
				SelectableFields []struct {
					JSONPath string `json:"jsonPath"`
				} `json:"selectableFields"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if into(o.Object, &crd) != nil {
		return nil
	}
	for _, v := range crd.Spec.Versions {
		for _, field := range v.SelectableFields {
			name := strings.TrimPrefix(field.JSONPath, ".")
			if _, err := cluster.CheckFields(name+"=x", l.kind); v.Name == l.kind.Version && err == nil {
				names = append(names, name)
			}
		}
	}
	return names
}
