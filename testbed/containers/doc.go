// Package containers has the services of the testbed in containers of a Docker
// engine, on free ports of loopback: the provider for those who have one, and whose
// services are as upstream ships them.
//
// Images are upstream's, pinned by digest. With LOOM_TESTBED_IMAGES=local they are
// made on the spot of the programs that testbed/program builds, so that this
// provider is run where there is no registry: nothing asks one for those.
//
// A container has a label with its folder of the run. What a run leaves that was
// killed is removed by that label: see [service.Host.Undo].
package containers
