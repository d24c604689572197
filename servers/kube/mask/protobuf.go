package mask

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
	goruntime "runtime"
	"strings"
	"sync"

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
	if items, listErr := meta.GetItemsPtr(o); listErr == nil {
		err = maskItems(reflect.ValueOf(items).Elem(), strings.TrimSuffix(gvk.Kind, "List"))
	} else {
		err = maskTyped(reflect.ValueOf(o).Elem(), gvk.Kind)
	}
	if err != nil {
		return nil, fmt.Errorf("masking the answer of the API server: %w", err)
	}
	var b bytes.Buffer
	if err := wire.Encode(o, &b); err != nil {
		return nil, fmt.Errorf("masking the answer of the API server: %w", err)
	}
	return b.Bytes(), nil
}

// maskItems masks those of a list, as many at a time as there are processors: it is
// what most of the time of a long list goes to.
func maskItems(items reflect.Value, kind string) error {
	errs := make([]error, min(goruntime.GOMAXPROCS(0), items.Len()))
	var wg sync.WaitGroup
	for first := range errs {
		wg.Go(func() {
			for i := first; i < items.Len() && errs[first] == nil; i += len(errs) {
				errs[first] = maskTyped(items.Index(i), kind)
			}
		})
	}
	wg.Wait()
	return cmp.Or(errs...)
}

// maskTyped masks one object in its place.
func maskTyped(o reflect.Value, kind string) error {
	if about, ok := o.Addr().Interface().(metav1.ObjectMetaAccessor); ok {
		about.GetObjectMeta().SetManagedFields(nil)
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o.Addr().Interface())
	if err != nil {
		return err
	}
	Object(content, kind, true)
	masked := reflect.New(o.Type())
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, masked.Interface()); err != nil {
		return err
	}
	o.Set(masked.Elem())
	return nil
}
