// Package mask takes values that are secret out of what an API server answers,
// by the kind of the object and the names of its members: the data of Secrets,
// environment variables and flags that are called like a credential, kubeconfigs,
// the last-applied annotation. Names and lengths stay, since a reader needs them.
//
// [Transport] is the one place that all answers pass on their way in. What has no
// structure, such as logs, passes [Text] on its way out.
package mask
