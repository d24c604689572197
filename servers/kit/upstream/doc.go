// Package upstream is the HTTP client of the servers that stand before an HTTP
// API: Prometheus, Loki, a forge.
//
// A server describes its [Service] once and opens it with the settings of its
// environment: one instance, or several with names. [Client.JSON] and
// [Client.Do] then ask it. They try again what is worth it within the deadline
// of the call, bound what is read, and turn everything that can go wrong into
// a [kit.Error] with a hint for whoever can mend it.
//
// Where an instance is and who we are there comes from the settings only,
// never from a model, and no credential leaves for another origin: headers and
// the client certificate belong to the scheme, host and port of the base URL.
package upstream
