//go:build !race

package testbed_test

const raceDetector = false
