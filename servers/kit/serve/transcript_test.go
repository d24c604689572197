package serve_test

import (
	"testing"

	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/kit/serve"
)

func TestTranscripts(t *testing.T) { kittest.Transcripts(t, serve.NewTestServer) }
