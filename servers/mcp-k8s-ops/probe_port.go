package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// behind is the pod and the number that a port of a pod or Service stands for. why
// is why there is none now.
func (s *session) behind(ctx context.Context, t target, port string) (pod target, number int, why string, err error) {
	if t.is("pods") {
		number, err = s.portOfPod(ctx, t, port)
		return t, number, "", err
	}
	name, err := s.portOfService(ctx, t, port)
	if err != nil {
		return target{}, 0, "", err
	}
	slices, err := s.Typed().DiscoveryV1().EndpointSlices(t.namespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + t.name})
	if err != nil {
		kind, _ := s.Kind(ctx, "endpointslices.discovery.k8s.io")
		return target{}, 0, "", s.Error(ctx, err, cluster.Request{Verb: "list", Kind: kind, Namespace: t.namespace})
	}
	kind, err := s.Kind(ctx, "v1/Pod")
	if err != nil {
		return target{}, 0, "", err
	}
	for _, slice := range slices.Items {
		for _, p := range slice.Ports {
			if p.Port == nil || p.Name == nil || *p.Name != name {
				continue
			}
			for _, e := range slice.Endpoints {
				if e.TargetRef != nil && e.TargetRef.Kind == "Pod" && (e.Conditions.Ready == nil || *e.Conditions.Ready) {
					return target{kind: kind, namespace: t.namespace, name: e.TargetRef.Name}, int(*p.Port), "", nil
				}
			}
		}
	}
	return target{}, 0, "no ready pod is behind this port of the Service; diagnose_workload of mcp-k8s says why", nil
}

func (s *session) portOfPod(ctx context.Context, t target, port string) (int, error) {
	if n, err := strconv.ParseUint(port, 10, 16); err == nil && n > 0 {
		return int(n), nil
	}
	pod, err := s.Typed().CoreV1().Pods(t.namespace).Get(ctx, t.name, metav1.GetOptions{})
	if err != nil {
		return 0, s.fail(ctx, err, "get", t)
	}
	for _, c := range pod.Spec.Containers {
		for _, p := range c.Ports {
			if p.Name == port {
				return int(p.ContainerPort), nil
			}
		}
	}
	return 0, noPort(t, port, nil)
}

// portOfService is the name of a port in the endpoints; it may be empty.
func (s *session) portOfService(ctx context.Context, t target, port string) (string, error) {
	service, err := s.Typed().CoreV1().Services(t.namespace).Get(ctx, t.name, metav1.GetOptions{})
	if err != nil {
		return "", s.fail(ctx, err, "get", t)
	}
	for _, p := range service.Spec.Ports {
		if p.Name == port || fmt.Sprint(p.Port) == port {
			return p.Name, nil
		}
	}
	return "", noPort(t, port, service.Spec.Ports)
}

func noPort(t target, port string, ports []corev1.ServicePort) error {
	e := kit.Errorf(kit.InvalidArgument, "%s has no port %q", t, shortened(port))
	if len(ports) > 0 {
		e = e.WithHint("it has %d %s", ports[0].Port, ports[0].Name)
	}
	return e
}
