//go:build race

package testbed_test

// raceDetector takes several times the memory, so that no peak says anything.
const raceDetector = true
