// Package redacttest is a corpus of credentials that never were valid. They are
// put together when a test runs, so that no scanner takes this file for a leak.
package redacttest

import "strings"

// Credential is a text with a secret in it.
type Credential struct {
	Name   string
	Text   string
	Secret string // what may not be seen, on one line
	What   string // what has to be said of it
}

// Escaped is the secret as it is in JSON, empty if that is the same.
func (c Credential) Escaped() string {
	if escaped := strings.ReplaceAll(c.Secret, `"`, `\"`); escaped != c.Secret {
		return escaped
	}
	return ""
}

// Corpus is one credential of each kind, in the places where they are found.
func Corpus() []Credential {
	body := strings.Repeat("a1B2c3D4", 5)[:36]
	long := strings.Repeat("q9W8e7R6", 8)
	jwt := "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + long[:43]
	pem := func(kind string) string {
		return "-----BEGIN " + kind + "-----\n" + long + "\n" + long + "\n" + long[:20] + "==\n-----END " + kind + "-----"
	}
	var all []Credential
	add := func(name, text, secret, what string) {
		all = append(all, Credential{name, text, secret, what})
	}
	for _, prefix := range []string{"glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glagent-", "glsoat-", "glft-", "glimt-", "gloas-"} {
		add("GitLab "+prefix, prefix+body[:20], prefix+body[:20], "GitLab token")
	}
	add("GitLab routable", "glpat-"+body[:27]+".01.1a2b3c4d5", body[:27], "GitLab token")
	for _, prefix := range []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"} {
		add("GitHub "+prefix, prefix+body, body, "GitHub token")
	}
	add("GitHub fine-grained", "github_pat_"+body[:22]+"_"+long[:59], long[:59], "GitHub token")
	add("Grafana", "glsa_"+body[:32]+"_1a2b3c4d", body[:32], "Grafana token")
	add("npm", "npm_"+body, body, "npm token")
	add("Slack", "xoxb-"+"123456789012-"+body, body, "Slack token")
	add("Vault", "hvs."+body, body, "Vault token")
	add("AWS id", "AKIA"+"IOSFODNN7EXAMPLE", "IOSFODNN7EXAMPLE", "AWS key")
	add("AWS temporary id", "ASIA"+"IOSFODNN7EXAMPLE", "IOSFODNN7EXAMPLE", "AWS key")
	add("AWS secret in a file", "aws_secret_access_key = "+long[:40], long[:40], "AWS key")
	add("AWS secret in the environment", "AWS_SECRET_ACCESS_KEY="+long[:40], long[:40], "AWS key")
	add("AWS secret in JSON", `"SecretAccessKey": "`+long[:40]+`"`, long[:40], "AWS key")
	add("JWT", jwt, long[:43], "JWT")
	for _, kind := range []string{"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK"} {
		add(kind, pem(kind), long, "private key")
	}
	add("private key in JSON", strings.ReplaceAll(pem("PRIVATE KEY"), "\n", `\n`), long, "private key")
	add("private key without end", "-----BEGIN PRIVATE KEY-----\n"+long+"\n"+long, long, "private key")
	for _, header := range []string{"Authorization: Bearer ", "authorization: bearer ", "AUTHORIZATION: Basic ", "Proxy-Authorization: Basic ",
		"X-Forwarded-Authorization: Bearer ", "Authorization: token ", "Authorization: ", `"Authorization":"Bearer `, `authorization="Bearer `, "Authorization:[Bearer ", `\"Authorization\":\"Bearer `} {
		add(header, header+body, body, "Authorization")
	}
	add("digest", `Authorization: Digest username=u, response=`+body, body, "Authorization")
	for _, header := range []string{"PRIVATE-TOKEN: ", "Private-Token: ", "private-token=", "JOB-TOKEN: ", "X-Vault-Token: "} {
		add(header, header+body, body, "token")
	}
	add("API key", "X-Api-Key: "+body, body, "API key")
	add("bearer in prose", "sent Bearer "+body, body, "bearer token")
	add("URL", "postgres://user:"+body+"@db.example.org:5432/x", body, "password")
	add("URL with a token", "https://oauth2:glpat-"+body[:20]+"@host/a.git", body[:20], "password")
	add("URL with a token for a user", "https://ghp_"+body+"@github.com/a/b.git", body, "GitHub token")
	add("URL with an @ in its password", "amqp://u:p@"+body+"@host", body, "password")
	return all
}
