package containers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go/log"

	"github.com/loom-core/loom/testbed/engine"
	"github.com/loom-core/loom/testbed/service"
)

// connection is the engine of this process: one for all, since testcontainers and
// kind read which it is from the environment, once.
var connection struct {
	sync.Mutex
	*client.Client
}

// connect finds an engine that answers.
func connect(ctx context.Context) (*client.Client, error) {
	connection.Lock()
	defer connection.Unlock()
	if connection.Client != nil {
		return connection.Client, nil
	}
	cache, err := service.Cache()
	if err != nil {
		return nil, err
	}
	host, err := engine.Find(ctx, cache)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"DOCKER_HOST": host,
		// Its janitor is a container of an image that would have to be pulled. What it
		// does the run does: see remember.
		"TESTCONTAINERS_RYUK_DISABLED": "true",
		// Where there is a file /.dockerenv it believes itself in a container.
		"TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1",
	} {
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	log.SetDefault(log.NewNoopLogger())
	docker, err := client.New(client.WithHost(host))
	if err != nil {
		return nil, fmt.Errorf("the engine at %s: %w", host, err)
	}
	connection.Client = docker
	return docker, nil
}

// label is what containers of a service are known by: its value is the service's
// folder, which is one of the run.
const label = "loom.testbed.dir"

// removal is a script that removes the containers with a label, and says which.
// Where no engine answers there are none. One that is being started is tried again.
const removal = `docker -H "$0" version >/dev/null 2>&1 || exit 0
for try in 1 2 3 4 5 6 7 8 9 10; do
  ids=$(docker -H "$0" ps --all --quiet --filter "label=$1") || exit 1
  [ -n "$ids" ] || exit 0
  docker -H "$0" rm --force --volumes $ids >/dev/null && for id in $ids; do echo "container $id"; done && exit 0
  sleep 1
done
exit 1`

// remember notes how the containers of a service are removed if it cannot do so.
func remember(h service.Host, label string) error {
	host := os.Getenv("DOCKER_HOST")
	if host == "" {
		return errors.New("no engine was found")
	}
	return h.Undo("sh", "-c", removal, host, label)
}
