package mask

import (
	"bytes"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/client-go/kubernetes/scheme"
)

// Protobuf is the media type that costs the API server and its reader least.
const Protobuf = "application/vnd.kubernetes.protobuf"

var wire = protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)

// protobufBody masks an answer as [Object] does one in JSON. What cannot be
// decoded is an error: nothing passes unseen. managedFields are left out, for they
// are a third of an object and no typed client looks at them.
func protobufBody(raw []byte) ([]byte, error) {
	o, gvk, err := wire.Decode(raw, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("decoding the answer of the API server: %w", err)
	}
	if meta.IsListType(o) {
		err = meta.EachListItem(o, unmanaged)
	} else {
		err = unmanaged(o)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the answer of the API server: %w", err)
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, fmt.Errorf("reading the answer of the API server: %w", err)
	}
	Object(content, gvk.Kind, true)
	masked, err := scheme.Scheme.New(*gvk)
	if err != nil {
		return nil, err
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, masked); err != nil {
		return nil, fmt.Errorf("masking the answer of the API server: %w", err)
	}
	var b bytes.Buffer
	if err := wire.Encode(masked, &b); err != nil {
		return nil, fmt.Errorf("masking the answer of the API server: %w", err)
	}
	return b.Bytes(), nil
}

func unmanaged(o runtime.Object) error {
	if about, ok := o.(metav1.ObjectMetaAccessor); ok {
		about.GetObjectMeta().SetManagedFields(nil)
	}
	return nil
}
