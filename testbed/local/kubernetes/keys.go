package kubernetes

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// validity of certificates, around now: a cluster lives for minutes.
const validity = 24 * time.Hour

// keys are the secrets of one cluster, in PEM but for the tokens.
type keys struct {
	ca             []byte // certificate
	server         []byte // certificate of the API server
	serverKey      []byte
	serviceAccount []byte            // private key that signs the tokens of service accounts
	tokens         map[string]string // by user
}

func newKeys() (*keys, error) {
	k := &keys{tokens: map[string]string{}}
	for _, u := range users {
		k.tokens[u.name] = rand.Text()
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "loom testbed"},
		NotBefore: time.Now().Add(-validity), NotAfter: time.Now().Add(validity),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate: %w", err)
	}
	k.ca = encode("CERTIFICATE", raw)

	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "kube-apiserver"},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.ParseIP(nodeIP), net.ParseIP(serviceAddress)},
	}
	raw, err = x509.CreateCertificate(rand.Reader, server, ca, serverKey.Public(), caKey)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate: %w", err)
	}
	k.server = encode("CERTIFICATE", raw)
	if k.serverKey, err = private(serverKey); err != nil {
		return nil, err
	}
	accountKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	// In the older form: the API server takes the public key from it, and from no
	// other that holds both.
	raw, err = x509.MarshalECPrivateKey(accountKey)
	if err != nil {
		return nil, err
	}
	k.serviceAccount = encode("EC PRIVATE KEY", raw)
	return k, nil
}

func private(key crypto.PrivateKey) ([]byte, error) {
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return encode("PRIVATE KEY", raw), nil
}

func encode(kind string, raw []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw})
}
