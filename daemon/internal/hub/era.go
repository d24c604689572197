package hub

// Era is the protocol era of a server, as it was learnt; empty when it was not.
func (h *Hub) Era(server string) string {
	if e, ok := h.builder.catalog.Get(server); ok {
		return e.Era
	}
	return ""
}

// Both reports whether a server speaks the protocols of both eras.
func (h *Hub) Both(server string) bool {
	e, ok := h.builder.catalog.Get(server)
	return ok && e.Both
}

// Capabilities are those that a server declared, raw; nil when it was not learnt.
func (h *Hub) Capabilities(server string) []byte {
	if e, ok := h.builder.catalog.Get(server); ok {
		return e.Capabilities
	}
	return nil
}

// Lists reports whether a server of the view lists the resource itself.
func (v *View) Lists(uri string) bool {
	_, ok := v.resources.owners[uri]
	return ok
}
