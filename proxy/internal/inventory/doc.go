// Package inventory finds the servers that AI clients have in their own files, and
// says what the registry would have to have for them: one entry for a server that
// several clients have, with what differs between them, and its secrets apart.
//
// It reads files and the registry, and changes nothing.
package inventory
