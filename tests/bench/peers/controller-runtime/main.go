// A controller of CertificateBindings on controller-runtime and gophercloud, as an engineer would write it in a few days:
// the peer of the benchmarks. By default it reconciles one binding at a time; with --per-listener, all bindings of one
// listener in one change.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	workers       = 16
	batchWindow   = 100 * time.Millisecond
	listenerIndex = "spec.resourceId"
)

type perBinding struct{ *settler }

func (r perBinding) Reconcile(ctx context.Context, asked ctrl.Request) (ctrl.Result, error) {
	var binding CertificateBinding
	if err := r.Get(ctx, asked.NamespacedName, &binding); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	return r.settle(ctx, binding.Spec.ResourceID, []*CertificateBinding{&binding})
}

// perListener takes the name of the request as the id of the listener.
type perListener struct{ *settler }

func (r perListener) Reconcile(ctx context.Context, asked ctrl.Request) (ctrl.Result, error) {
	var list CertificateBindingList
	err := r.List(ctx, &list, client.InNamespace(asked.Namespace), client.MatchingFields{listenerIndex: asked.Name})
	if err != nil || len(list.Items) == 0 {
		return ctrl.Result{}, err
	}
	bindings := make([]*CertificateBinding, len(list.Items))
	for i := range list.Items {
		bindings[i] = &list.Items[i]
	}
	return r.settle(ctx, asked.Name, bindings)
}

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// enqueueListener waits for the batch window, so that bindings that are created together go into one change.
func enqueueListener(object client.Object, q queue) {
	binding := object.(*CertificateBinding)
	key := client.ObjectKey{Namespace: binding.Namespace, Name: binding.Spec.ResourceID}
	q.AddAfter(reconcile.Request{NamespacedName: key}, batchWindow)
}

func listenerHandler() handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q queue) { enqueueListener(e.Object, q) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q queue) { enqueueListener(e.ObjectNew, q) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q queue) { enqueueListener(e.Object, q) },
	}
}

func build(ctx context.Context, manager ctrl.Manager, shared *settler, byListener bool) error {
	options := controller.Options{MaxConcurrentReconciles: workers}
	changes := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	if !byListener {
		return ctrl.NewControllerManagedBy(manager).For(&CertificateBinding{}, changes).WithOptions(options).
			Complete(perBinding{shared})
	}
	index := func(object client.Object) []string { return []string{object.(*CertificateBinding).Spec.ResourceID} }
	if err := manager.GetFieldIndexer().IndexField(ctx, &CertificateBinding{}, listenerIndex, index); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(manager).Named("listener").
		Watches(&CertificateBinding{}, listenerHandler(), changes).WithOptions(options).Complete(perListener{shared})
}

func run() error {
	cloudConfig := flag.String("cloud-config", "clouds.yaml", "the clouds.yaml")
	cloudName := flag.String("cloud", "bench", "the cloud of the clouds.yaml")
	resync := flag.Duration("resync-period", 10*time.Minute, "how often a listener is read again")
	byListener := flag.Bool("per-listener", false, "one reconciliation for all bindings of a listener")
	elect := flag.Bool("leader-elect", false, "work only while holding the Lease")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	ctx := ctrl.SetupSignalHandler()

	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return err
	}
	addToScheme(scheme)
	manager, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme: scheme, Metrics: server.Options{BindAddress: "0"},
		Cache:          cache.Options{DefaultTransform: cache.TransformStripManagedFields()},
		LeaderElection: *elect, LeaderElectionID: "controller-runtime-peer", LeaderElectionNamespace: "default",
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return err
	}
	cloudsYAML, err := os.ReadFile(*cloudConfig)
	if err != nil {
		return err
	}
	var transport http.RoundTripper = newTransport()
	own, err := openCloud(ctx, cloudsYAML, *cloudName, transport)
	if err != nil {
		return err
	}
	shared := &settler{Client: manager.GetClient(), resync: *resync, clouds: &cloudSet{
		reader: manager.GetClient(), name: *cloudName, transport: transport, own: own, ofSecrets: map[client.ObjectKey]openedSecret{},
	}}
	if err := build(ctx, manager, shared, *byListener); err != nil {
		return err
	}
	return manager.Start(ctx)
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
