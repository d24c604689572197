package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/testbed/standin/github"
	"github.com/loom-core/loom/testbed/contract"
	"github.com/loom-core/loom/testbed/fault"
	"github.com/loom-core/loom/testbed/standin/gitlab"
)

func TestZZLook9(t *testing.T) {
	out := map[string]string{}
	ci := map[string]forgetest.CI{}
	forges := map[string]forgetest.Forge{}
	fronts := map[string]*fault.Front{}
	mux := http.NewServeMux()
	if os.Getenv("L9_GITEA") != "" {
		at := use(t, "gitea")
		api := giteaAPI(t, at)
		front := fault.Proxy(t, at.URL)
		fronts["gitea"] = front
		out["gitea_url"], out["gitea_direct"], out["gitea_token"] = front.URL, at.URL, at.Token
		out["gitea_token2"] = reviewer(t, at, api)
		no := false
		api.AdminCreateUser(gitea.CreateUserOption{Username: "mallory", Email: "m@example.test", Password: at.Password, MustChangePassword: &no})
		own, err := gitea.NewClient(at.URL, gitea.SetBasicAuth("mallory", at.Password))
		check(t, "x", err)
		ro, _, err := own.CreateAccessToken(gitea.CreateAccessTokenOption{Name: "ro", Scopes: []gitea.AccessTokenScope{"read:repository", "read:user"}})
		check(t, "x", err)
		out["gitea_scoped"] = ro.Token
		g := &giteaForge{at: at, api: api, prefix: "", runners: map[string]*runner{}}
		ci["gitea"], forges["gitea"] = g, g
	}
	if os.Getenv("L9_GITHUB") != "" {
		g := newGitHub(t, contract.GitHubCom)
		fronts["github"] = g.front
		out["github_url"], out["github_token"], out["github_token2"] = g.front.URL, g.Account("ann"), g.Account("bob")
		w := github.World{Hub: g.Hub, Owner: "ann"}
		ci["github"], forges["github"] = w, w
	}
	if os.Getenv("L9_GITLAB") != "" {
		lab := gitlab.New(t)
		front := fault.Proxy(t, lab.URL)
		fronts["gitlab"] = front
		out["gitlab_url"], out["gitlab_token"], out["gitlab_token2"] = front.URL, lab.User("author"), lab.User("reviewer")
		w := gitlab.Forge{Lab: lab, Author: "author", Group: "acme/apps"}
		ci["gitlab"], forges["gitlab"] = w, w
	}
	mux.HandleFunc("/newrepo", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, forges[r.FormValue("f")].NewRepo(t, r.FormValue("name")))
	})
	mux.HandleFunc("/label", func(w http.ResponseWriter, r *http.Request) {
		forges[r.FormValue("f")].Label(t, r.FormValue("repo"), r.FormValue("name"))
	})
	mux.HandleFunc("/milestone", func(w http.ResponseWriter, r *http.Request) {
		forges[r.FormValue("f")].Milestone(t, r.FormValue("repo"), r.FormValue("name"))
	})
	mux.HandleFunc("/play", func(w http.ResponseWriter, r *http.Request) {
		var steps []forgetest.StepState
		json.NewDecoder(r.Body).Decode(&steps)
		fmt.Fprint(w, ci[r.URL.Query().Get("f")].Play(t, r.URL.Query().Get("repo"), r.URL.Query().Get("branch"), steps))
	})
	mux.HandleFunc("/requests", func(w http.ResponseWriter, r *http.Request) {
		all := fronts[r.FormValue("f")].Requests()
		for i, q := range all {
			fmt.Fprintf(w, "%d %s %s %v %.300s\n", i, q.Method, q.Path, q.Query, q.Body)
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, "listen", err)
	go http.Serve(l, mux)
	out["control"] = "http://" + l.Addr().String()
	raw, _ := json.Marshal(out)
	os.WriteFile("/tmp/look9/env-"+os.Getenv("L9_NAME")+".json", raw, 0o600)
	for i := 0; i < 7200; i++ {
		if _, err := os.Stat("/tmp/look9/stop-" + os.Getenv("L9_NAME")); err == nil {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
}
