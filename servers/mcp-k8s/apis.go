package main

import (
	"context"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
)

type apisArgs struct {
	Filter     string   `arg:"filter" doc:"part of a name or group"`
	Group      *string  `arg:"group" doc:"apps; core"`
	Verbs      []string `arg:"verbs"`
	Namespaced *bool    `arg:"namespaced"`
	kit.Paging
}

type apisHead struct {
	Warnings []string `json:"warnings,omitempty"`
}

type apiRow struct {
	Name       string `json:"name"`
	Short      string `json:"short,omitempty"`
	API        string `json:"api_version"`
	Namespaced bool   `json:"namespaced"`
	Kind       string `json:"kind"`
	Verbs      string `json:"verbs"`
}

func (k *k8s) listAPIResources() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "list_api_resources", Title: "List kinds",
		Description: "Kinds the cluster serves, CRDs too.",
		Hints:       kit.ReadLocal, Output: apisHead{}, ListName: "kinds", PerPage: 50, MaxPerPage: 500,
		Example: `{"filter":"cert"}`,
	}, k.runAPIs)
}

func (k *k8s) runAPIs(ctx context.Context, a apisArgs) (*kit.Result, error) {
	c, err := k.clusters.Of(ctx)
	if err != nil {
		return nil, err
	}
	kinds, err := c.Kinds(ctx)
	if err != nil {
		return nil, err
	}
	filter := strings.ToLower(a.Filter)
	var rows []apiRow
	for _, kind := range kinds.All {
		if !kind.Preferred || filter != "" && !strings.Contains(strings.ToLower(kind.GroupResource()+" "+kind.Kind+" "+strings.Join(kind.ShortNames, " ")), filter) ||
			a.Group != nil && kind.Group != strings.TrimPrefix(*a.Group, "core") || a.Namespaced != nil && kind.Namespaced != *a.Namespaced ||
			slices.ContainsFunc(a.Verbs, func(verb string) bool { return !kind.Can(verb) }) {
			continue
		}
		rows = append(rows, apiRow{kind.Resource, strings.Join(kind.ShortNames, " "), kind.GroupVersion(), kind.Namespaced, kind.Kind, verbs(kind)})
	}
	return kit.Records(apisHead{kinds.Down}, kit.Slice(a.Paging, rows)).Narrow("narrow with filter or group"), nil
}

// verbs are all, or those that there are.
func verbs(kind cluster.Kind) string {
	for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete"} {
		if !kind.Can(verb) {
			return strings.Join(kind.Verbs, " ")
		}
	}
	return "all"
}
