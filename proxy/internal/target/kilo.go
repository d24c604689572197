package target

// kilo is Kilo Code: the CLI and, from version 7 on, the extension of VS Code,
// which reads the same file. Seen with the CLI 7.7.7.
func kilo() Target {
	t := openCodeLike()
	t.ID, t.Name, t.Source = "kilo", "Kilo Code", "Kilo CLI 7.7.7, kilo mcp list"
	t.User = func(h Host) []string { return []string{h.config("kilo", "kilo.json"), h.config("kilo", "kilo.jsonc")} }
	t.Project = []string{"kilo.json", "kilo.jsonc", ".kilo/kilo.jsonc"}
	t.Programs = []string{"kilo"}
	t.Folders = func(h Host) []string { return []string{h.config("kilo")} }
	return t
}
