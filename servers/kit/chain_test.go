package kit_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

type chainArgs struct {
	Filter string `arg:"filter"`
	kit.Paging
}

type chainRow struct {
	N    int    `json:"n"`
	Text string `json:"text,omitempty"`
}

// chainServer lists total records, from a source that knows tokens only.
func chainServer(total int, text string) *kit.Server {
	def := kit.Def{Name: "list_rows", Title: "List rows", Description: "x", Hints: kit.ReadLocal, ListName: "rows"}
	return &kit.Server{Name: "t", Version: "1", InstanceArg: "context", Instances: []string{"a", "b"}, Tools: []kit.Tool{kit.NewTool(def,
		func(ctx context.Context, a chainArgs) (*kit.Result, error) {
			_, size := a.Window()
			at, _ := strconv.Atoi(strings.TrimPrefix(a.Token(), "at"))
			var rows []chainRow
			for n := at; n < min(at+size, total); n++ {
				rows = append(rows, chainRow{n, text})
			}
			next := ""
			if at+size < total {
				next = "at" + strconv.Itoa(at+size)
			}
			return kit.Records(struct {
				In string `json:"in"`
			}{kit.Instance(ctx)}, kit.Chain(a.Paging, rows, a.Token(), next)), nil
		})}}
}

// The pages together are the list, also when they are cut by bytes.
func TestChain(t *testing.T) {
	for _, text := range []string{"", strings.Repeat("x", 300)} {
		for _, total := range []int{0, 1, 19, 20, 21, 70} {
			c := kittest.Connect(t, chainServer(total, text))
			args, n := map[string]any{"max_bytes": 4096}, 0
			for calls := 0; ; calls++ {
				var answer struct {
					Rows       []chainRow
					Pagination kit.Pagination
				}
				c.MustStruct("list_rows", args, &answer)
				for _, row := range answer.Rows {
					if row.N != n {
						t.Fatalf("%d of %d: got %d", n, total, row.N)
					}
					n++
				}
				if answer.Pagination.HasMore != (answer.Pagination.NextArgs != nil) || calls > 100 {
					t.Fatalf("%+v", answer.Pagination)
				}
				if !answer.Pagination.HasMore {
					break
				}
				for name, v := range answer.Pagination.NextArgs {
					args[name] = v
				}
			}
			if n != total {
				t.Errorf("the pages together have %d records, want %d", n, total)
			}
		}
	}
}

func TestChainIsOneList(t *testing.T) {
	c := kittest.Connect(t, chainServer(50, ""))
	var answer struct{ Pagination kit.Pagination }
	c.MustStruct("list_rows", nil, &answer)
	c.MustFail("list_rows", map[string]any{"cursor": answer.Pagination.NextCursor, "filter": "x"}, kit.InvalidArgument)
}

func TestInstanceArg(t *testing.T) {
	c := kittest.Connect(t, chainServer(1, ""))
	for args, want := range map[string]string{`{}`: "in: a\n", `{"context":"b"}`: "in: b\n"} {
		if text := c.MustText("list_rows", json.RawMessage(args)); !strings.Contains(text, want) {
			t.Errorf("%s: %s", args, text)
		}
	}
	c.MustFail("list_rows", json.RawMessage(`{"context":"c"}`), kit.InvalidArgument)
}
