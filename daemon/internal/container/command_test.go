package container

import (
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		args     string // with the tool before them
		globals  string
		rest     string // from where the options of run begin; "-" if it is none
		idFile   string
		detached bool
	}{
		{"docker run image", "", "image", "", false},
		{"docker container run image", "", "image", "", false},
		{"docker run", "", "", "", false},
		{"docker --context run run image", "--context run", "image", "", false},
		{"docker --context=x --tls -H tcp://y container run image", "--context=x --tls -H tcp://y", "image", "", false},
		{"podman -c x --remote --log-level debug run image", "-c x --remote --log-level debug", "image", "", false},
		{"docker exec -i run image", "", "-", "", false},
		{"docker compose run image", "", "-", "", false},
		{"docker container exec run", "", "-", "", false},
		{"docker --context run", "", "-", "", false},
		{"docker --context", "", "-", "", false},
		{"docker container", "", "-", "", false},
		{"docker", "", "-", "", false},
		{"node run image", "", "-", "", false},

		{"docker run --cidfile x image", "", "--cidfile x image", "x", false},
		{"docker run --cidfile=x image", "", "--cidfile=x image", "x", false},
		{"docker run -i --rm -e A=1 -v /a:/b --cidfile x image", "", "-i --rm -e A=1 -v /a:/b --cidfile x image", "x", false},
		{"docker run image --cidfile x -d", "", "image --cidfile x -d", "", false},
		{"docker run -e --cidfile image", "", "-e --cidfile image", "", false},
		{"docker run --name --cidfile image", "", "--name --cidfile image", "", false},
		{"docker run -- --cidfile x", "", "-- --cidfile x", "", false},
		{"docker run --cidfile", "", "--cidfile", "", false},

		{"docker run -d image", "", "-d image", "", true},
		{"docker run -itd image", "", "-itd image", "", true},
		{"docker run --detach image", "", "--detach image", "", true},
		{"docker run --detach=false image", "", "--detach=false image", "", false},
		{"docker run -d=false image", "", "-d=false image", "", false},
		{"docker run -itp 80:80 -d image", "", "-itp 80:80 -d image", "", true},
		{"docker run -ed image", "", "-ed image", "", false},
		{"docker run -p80:80 -d image", "", "-p80:80 -d image", "", true},
		{"docker run --detach-keys d image", "", "--detach-keys d image", "", false},
		{"podman run --replace --tls-verify=false --name n -d image", "", "--replace --tls-verify=false --name n -d image", "", true},
	} {
		t.Run(tc.args, func(t *testing.T) {
			words := strings.Fields(tc.args)
			cmd, ok := parse("/usr/bin/"+words[0], words[1:])
			if ok != (tc.rest != "-") {
				t.Fatalf("it is said to be one: %v", ok)
			}
			if !ok {
				return
			}
			if rest := strings.Join(words[1:][cmd.options:], " "); rest != tc.rest || !slices.Equal(cmd.globals, strings.Fields(tc.globals)) || cmd.idFile != tc.idFile || cmd.detached != tc.detached {
				t.Errorf("options from %q, globals %q, id file %q, detached %v", rest, cmd.globals, cmd.idFile, cmd.detached)
			}
		})
	}
}
