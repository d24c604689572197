package kubetest

import "strings"

// kind is one that the server has.
type kind struct {
	group, version, kind, resource string
	short                          []string
	cluster                        bool // without a namespace
}

func (k kind) root() string {
	if k.group == "" {
		return "/api/" + k.version
	}
	return "/apis/" + k.group + "/" + k.version
}

func (k kind) apiVersion() string {
	return strings.TrimPrefix(k.group+"/"+k.version, "/")
}

var kinds = []kind{
	{"", "v1", "Pod", "pods", []string{"po"}, false},
	{"", "v1", "Service", "services", []string{"svc"}, false},
	{"", "v1", "Namespace", "namespaces", []string{"ns"}, true},
	{"", "v1", "Node", "nodes", []string{"no"}, true},
	{"", "v1", "Secret", "secrets", nil, false},
	{"", "v1", "ConfigMap", "configmaps", []string{"cm"}, false},
	{"", "v1", "Event", "events", []string{"ev"}, false},
	{"", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", []string{"pvc"}, false},
	{"", "v1", "PersistentVolume", "persistentvolumes", []string{"pv"}, true},
	{"", "v1", "ResourceQuota", "resourcequotas", []string{"quota"}, false},
	{"", "v1", "ServiceAccount", "serviceaccounts", []string{"sa"}, false},
	{"apps", "v1", "Deployment", "deployments", []string{"deploy"}, false},
	{"apps", "v1", "ReplicaSet", "replicasets", []string{"rs"}, false},
	{"apps", "v1", "StatefulSet", "statefulsets", []string{"sts"}, false},
	{"apps", "v1", "DaemonSet", "daemonsets", []string{"ds"}, false},
	{"apps", "v1", "ControllerRevision", "controllerrevisions", nil, false},
	{"batch", "v1", "Job", "jobs", nil, false},
	{"batch", "v1", "CronJob", "cronjobs", []string{"cj"}, false},
	{"networking.k8s.io", "v1", "Ingress", "ingresses", []string{"ing"}, false},
	{"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", nil, false},
	{"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", []string{"hpa"}, false},
	{"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", []string{"pdb"}, false},
	{"metrics.k8s.io", "v1beta1", "PodMetrics", "pods", nil, false},
	{"metrics.k8s.io", "v1beta1", "NodeMetrics", "nodes", nil, true},
	{"example.org", "v1", "Widget", "widgets", []string{"wd"}, false},
}
