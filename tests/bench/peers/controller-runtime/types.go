package main

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var groupVersion = schema.GroupVersion{Group: "certificates.bycloud.io", Version: "v1alpha1"}

const finalizer = "certificates.bycloud.io/detach"

// CertificateBinding has the fields of the resource that this controller uses.
type CertificateBinding struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              Spec   `json:"spec"`
	Status            Status `json:"status,omitempty"`
}

type Spec struct {
	CertificateID       string          `json:"certificateId"`
	ResourceID          string          `json:"resourceId"`
	Region              string          `json:"region"`
	Options             Options         `json:"options"`
	CloudCredentialsRef *CredentialsRef `json:"cloudCredentialsRef,omitempty"`
}

type Options struct {
	SNI bool `json:"sni"`
}

type CredentialsRef struct {
	SecretName string `json:"secretName"`
	CloudName  string `json:"cloudName,omitempty"`
}

type Status struct {
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	State              string             `json:"state,omitempty"`
	Attachments        []Attachment       `json:"attachments,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

type Attachment struct {
	ContainerRef string `json:"containerRef"`
	Slot         string `json:"slot"`
	Confirmed    bool   `json:"confirmed,omitempty"`
}

type CertificateBindingList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []CertificateBinding `json:"items"`
}

func (b *CertificateBinding) slot() string {
	if b.Spec.Options.SNI {
		return "sni"
	}
	return "default"
}

func (b *CertificateBinding) deepCopyInto(out *CertificateBinding) {
	*out = *b
	b.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	if b.Spec.CloudCredentialsRef != nil {
		ref := *b.Spec.CloudCredentialsRef
		out.Spec.CloudCredentialsRef = &ref
	}
	out.Status.Attachments = slices.Clone(b.Status.Attachments)
	out.Status.Conditions = slices.Clone(b.Status.Conditions)
}

func (b *CertificateBinding) DeepCopyObject() runtime.Object {
	out := &CertificateBinding{}
	b.deepCopyInto(out)
	return out
}

func (l *CertificateBindingList) DeepCopyObject() runtime.Object {
	out := &CertificateBindingList{TypeMeta: l.TypeMeta}
	l.ListMeta.DeepCopyInto(&out.ListMeta)
	out.Items = make([]CertificateBinding, len(l.Items))
	for i := range l.Items {
		l.Items[i].deepCopyInto(&out.Items[i])
	}
	return out
}

func addToScheme(scheme *runtime.Scheme) {
	scheme.AddKnownTypes(groupVersion, &CertificateBinding{}, &CertificateBindingList{})
	metav1.AddToGroupVersion(scheme, groupVersion)
}
