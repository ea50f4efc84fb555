package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gophercloud/gophercloud/v2/openstack/loadbalancer/v2/listeners"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
)

const (
	lookAgain    = 500 * time.Millisecond // at a listener that changes, or whose load balancer is busy
	notActive    = 15 * time.Second
	jitter       = 0.2
	readsAtOnce  = 8
	readyReason  = "Attached"
	waitsReason  = "CertificateNotActive"
	activeStatus = "ACTIVE"
)

type settler struct {
	client.Client
	clouds *cloudSet
	resync time.Duration
}

// wanted is what one binding wants on the listener.
type wanted struct {
	binding *CertificateBinding
	ref     string // empty: nothing
	waits   bool   // for its certificate
}

// settle brings one listener to what these bindings want of it, and writes their statuses.
func (s *settler) settle(ctx context.Context, listenerID string, bindings []*CertificateBinding) (ctrl.Result, error) {
	for _, binding := range bindings {
		if err := s.protect(ctx, binding); err != nil {
			return ctrl.Result{}, err
		}
	}
	acting, err := s.clouds.of(ctx, bindings[0])
	if err != nil {
		return ctrl.Result{}, err
	}
	all, err := certificates(ctx, acting, bindings)
	if err != nil {
		return ctrl.Result{}, err
	}
	found, err := acting.listener(ctx, listenerID)
	if err != nil {
		return ctrl.Result{}, err
	}
	if found.ProvisioningStatus != activeStatus {
		return ctrl.Result{RequeueAfter: lookAgain}, nil
	}
	if change := difference(found, all); change != nil {
		if err := acting.change(ctx, listenerID, *change); err != nil && !errors.Is(err, errBusy) {
			return ctrl.Result{}, err
		}
		return ctrl.Result{RequeueAfter: lookAgain}, nil
	}
	again := wait.Jitter(s.resync, jitter)
	for _, one := range all {
		if one.waits {
			again = min(again, notActive)
		}
		if err := s.report(ctx, one); err != nil {
			return ctrl.Result{}, err
		}
	}
	return ctrl.Result{RequeueAfter: again}, nil
}

// protect adds the finalizer before anything is put on the listener.
func (s *settler) protect(ctx context.Context, binding *CertificateBinding) error {
	if !binding.DeletionTimestamp.IsZero() || controllerutil.ContainsFinalizer(binding, finalizer) {
		return nil
	}
	before := binding.DeepCopyObject().(*CertificateBinding)
	controllerutil.AddFinalizer(binding, finalizer)
	return s.Patch(ctx, binding, client.MergeFrom(before))
}

func certificates(ctx context.Context, acting *cloud, bindings []*CertificateBinding) ([]wanted, error) {
	all := make([]wanted, len(bindings))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for i, binding := range bindings {
		all[i].binding = binding
		if !binding.DeletionTimestamp.IsZero() {
			continue
		}
		group.Go(func() error {
			ref, active, err := acting.certificate(ctx, binding.Spec.CertificateID)
			if active {
				all[i].ref = ref
			}
			all[i].waits = !active
			return err
		})
	}
	return all, group.Wait()
}

// difference is the change that the listener needs; nil: none. Refs that no binding attached stay.
func difference(found *listeners.Listener, all []wanted) *listeners.UpdateOpts {
	sni, defaultRef := slices.Clone(found.SniContainerRefs), found.DefaultTlsContainerRef
	for _, one := range all {
		for _, attached := range one.binding.Status.Attachments {
			if attached.ContainerRef != one.ref && !one.waits && attached.Slot == "sni" {
				sni = slices.DeleteFunc(sni, func(ref string) bool { return ref == attached.ContainerRef })
			}
		}
	}
	for _, one := range all {
		if one.ref == "" {
			continue
		}
		if one.binding.Spec.Options.SNI {
			if !slices.Contains(sni, one.ref) {
				sni = append(sni, one.ref)
			}
		} else {
			defaultRef = one.ref
		}
	}
	var change listeners.UpdateOpts
	slices.Sort(sni)
	before := slices.Sorted(slices.Values(found.SniContainerRefs))
	if !slices.Equal(sni, before) {
		change.SniContainerRefs = &sni
	}
	if defaultRef != found.DefaultTlsContainerRef {
		change.DefaultTlsContainerRef = &defaultRef
	}
	if change.SniContainerRefs == nil && change.DefaultTlsContainerRef == nil {
		return nil
	}
	return &change
}

// report writes the status of a binding whose listener is as it wants it; a deleted one is let go.
func (s *settler) report(ctx context.Context, one wanted) error {
	binding := one.binding
	before := binding.DeepCopyObject().(*CertificateBinding)
	if !binding.DeletionTimestamp.IsZero() {
		if controllerutil.RemoveFinalizer(binding, finalizer) {
			return client.IgnoreNotFound(s.Patch(ctx, binding, client.MergeFrom(before)))
		}
		return nil
	}
	condition := metav1.Condition{Type: "Ready", Status: metav1.ConditionTrue, Reason: readyReason}
	status := &binding.Status
	if one.waits {
		condition.Status, condition.Reason = metav1.ConditionFalse, waitsReason
		status.State = "pending"
	} else {
		status.State = "active"
		if len(status.Attachments) != 1 || status.Attachments[0].ContainerRef != one.ref {
			status.Attachments = []Attachment{{ContainerRef: one.ref, Slot: binding.slot(), Confirmed: true}}
		}
	}
	condition.ObservedGeneration = binding.Generation
	changed := meta.SetStatusCondition(&status.Conditions, condition)
	if !changed && status.ObservedGeneration == binding.Generation {
		return nil
	}
	status.ObservedGeneration = binding.Generation
	return client.IgnoreNotFound(s.Status().Patch(ctx, binding, client.MergeFrom(before)))
}
