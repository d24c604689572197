package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// client keeps no connection: a service that is stopped must not wait for one.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// Get reads what a service answers, as JSON if into is given.
func Get(ctx context.Context, url string, into any) error {
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

// patience is how long a service gets until it answers: far longer than it takes
// on a busy machine.
const patience = 2 * time.Minute

// ErrEnded is for a service that ended before it answered.
var ErrEnded = errors.New("it ended by itself")

// Answers waits until is has no error, unless the service ends before that.
func Answers(ctx context.Context, ended <-chan struct{}, is func(context.Context) error) error {
	give := time.After(patience)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		try, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := is(try)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return ErrEnded
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-give:
			return fmt.Errorf("it does not answer after %s: %w", patience, err)
		case <-time.After(pause):
		}
	}
}
