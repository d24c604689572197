package local

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// client keeps no connection: a service that is stopped must not wait for one.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// get reads what a service answers, as JSON if into is given.
func get(ctx context.Context, url string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %.200s", url, response.Status, raw)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("reading what %s answers: %w", url, err)
	}
	return nil
}
