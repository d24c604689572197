package e2e

import (
	"bytes"
	"encoding/binary"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed/service"
)

// known is a series whose samples the test made up.
type known struct {
	labels     map[string]string
	samples    []point
	histograms []nativePoint
}

type point struct {
	at time.Time
	v  float64
}

// nativePoint is a native histogram of schema 0: bucket i counts what is over
// 2^(i-1) and up to 2^i.
type nativePoint struct {
	at     time.Time
	sum    float64
	counts []int64 // of the buckets 1, 2, 3 …
}

// writeSeries writes series into a Prometheus by remote write 1.0, whose
// messages are few enough to be made by hand.
func writeSeries(t *testing.T, at service.Endpoint, all []known) {
	t.Helper()
	for part := range slices.Chunk(all, 500) {
		var body []byte
		for _, s := range part {
			body = appendBytes(body, 1, s.message())
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at.URL+"/api/v1/write", bytes.NewReader(snappy(body)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Encoding", "snappy")
		r.Header.Set("Content-Type", "application/x-protobuf")
		r.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
		response, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body) // the status says enough
		response.Body.Close()
		if response.StatusCode/100 != 2 {
			t.Fatalf("remote write gives %s: %s", response.Status, text)
		}
	}
}

func (k known) message() (m []byte) {
	for _, name := range slices.Sorted(maps.Keys(k.labels)) {
		m = appendBytes(m, 1, appendBytes(appendBytes(nil, 1, []byte(name)), 2, []byte(k.labels[name])))
	}
	for _, p := range k.samples {
		m = appendBytes(m, 2, appendVarint(appendDouble(nil, 1, p.v), 2, uint64(p.at.UnixMilli())))
	}
	for _, h := range k.histograms {
		m = appendBytes(m, 4, h.message())
	}
	return m
}

func (h nativePoint) message() (m []byte) {
	var total, before int64
	var deltas []byte
	for _, n := range h.counts {
		total += n
		deltas = binary.AppendVarint(deltas, n-before) // as zigzag, which sint64 is
		before = n
	}
	m = appendVarint(m, 1, uint64(total))
	m = appendDouble(m, 3, h.sum)
	m = appendDouble(m, 5, 1e-9) // width of the zero bucket
	span := appendVarint(appendVarint(nil, 1, 2), 2, uint64(len(h.counts)))
	m = appendBytes(m, 11, span) // the first bucket is number 1: zigzag of 1 is 2
	m = appendBytes(m, 12, deltas)
	return appendVarint(m, 15, uint64(h.at.UnixMilli()))
}

func appendVarint(m []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(m, uint64(field)<<3), v)
}

func appendDouble(m []byte, field int, v float64) []byte {
	return binary.LittleEndian.AppendUint64(binary.AppendUvarint(m, uint64(field)<<3|1), math.Float64bits(v))
}

func appendBytes(m []byte, field int, v []byte) []byte {
	return append(binary.AppendUvarint(binary.AppendUvarint(m, uint64(field)<<3|2), uint64(len(v))), v...)
}

// snappy wraps bytes in its block format without compressing any.
func snappy(raw []byte) []byte {
	out := binary.AppendUvarint(nil, uint64(len(raw)))
	for part := range slices.Chunk(raw, 1<<16) {
		out = append(out, 61<<2) // a literal, its length less one in two bytes
		out = binary.LittleEndian.AppendUint16(out, uint16(len(part)-1))
		out = append(out, part...)
	}
	return out
}
