package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/config/clouds"
	"github.com/gophercloud/gophercloud/v2/openstack/keymanager/v1/containers"
	"github.com/gophercloud/gophercloud/v2/openstack/loadbalancer/v2/listeners"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// errBusy: the load balancer is immutable now.
var errBusy = errors.New("the load balancer is busy")

const idleConnections = 64 // the default of 2 for each host would open a connection for nearly every request

type cloud struct {
	keyManager   *gophercloud.ServiceClient
	loadBalancer *gophercloud.ServiceClient
}

func openCloud(ctx context.Context, cloudsYAML []byte, name string, transport http.RoundTripper) (*cloud, error) {
	login, endpoint, _, err := clouds.Parse(clouds.WithCloudsYAML(bytes.NewReader(cloudsYAML)), clouds.WithCloudName(name))
	if err != nil {
		return nil, err
	}
	login.AllowReauth = true
	provider, err := openstack.NewClient(login.IdentityEndpoint)
	if err != nil {
		return nil, err
	}
	provider.HTTPClient = http.Client{Transport: transport}
	if err := openstack.Authenticate(ctx, provider, login); err != nil {
		return nil, err
	}
	keyManager, err := openstack.NewKeyManagerV1(provider, endpoint)
	if err != nil {
		return nil, err
	}
	loadBalancer, err := openstack.NewLoadBalancerV2(provider, endpoint)
	if err != nil {
		return nil, err
	}
	return &cloud{keyManager: keyManager, loadBalancer: loadBalancer}, nil
}

// certificate is the ref of a container, and whether it may be attached.
func (c *cloud) certificate(ctx context.Context, id string) (ref string, active bool, err error) {
	found, err := containers.Get(ctx, c.keyManager, id).Extract()
	if gophercloud.ResponseCodeIs(err, http.StatusNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return found.ContainerRef, found.Status == "ACTIVE", nil
}

func (c *cloud) listener(ctx context.Context, id string) (*listeners.Listener, error) {
	return listeners.Get(ctx, c.loadBalancer, id).Extract()
}

func (c *cloud) change(ctx context.Context, id string, change listeners.UpdateOpts) error {
	_, err := listeners.Update(ctx, c.loadBalancer, id, change).Extract()
	if gophercloud.ResponseCodeIs(err, http.StatusConflict) {
		return errBusy
	}
	return err
}

// cloudSet opens each credential once: the controller's own, and those of Secrets by their version.
type cloudSet struct {
	reader    client.Reader
	name      string // the cloud of a clouds.yaml where the binding names none
	transport http.RoundTripper
	own       *cloud
	mutex     sync.Mutex
	ofSecrets map[client.ObjectKey]openedSecret
}

type openedSecret struct {
	version string
	cloud   *cloud
}

func newTransport() http.RoundTripper {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idleConnections
	return transport
}

// of is the cloud that a binding acts with.
func (s *cloudSet) of(ctx context.Context, binding *CertificateBinding) (*cloud, error) {
	ref := binding.Spec.CloudCredentialsRef
	if ref == nil {
		return s.own, nil
	}
	key := client.ObjectKey{Namespace: binding.Namespace, Name: ref.SecretName}
	var secret corev1.Secret
	if err := s.reader.Get(ctx, key, &secret); err != nil {
		return nil, fmt.Errorf("the Secret of the credential: %w", err)
	}
	s.mutex.Lock()
	known, ok := s.ofSecrets[key]
	s.mutex.Unlock()
	if ok && known.version == secret.ResourceVersion {
		return known.cloud, nil
	}
	name := ref.CloudName
	if name == "" {
		name = s.name
	}
	opened, err := openCloud(ctx, secret.Data["clouds.yaml"], name, s.transport)
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	s.ofSecrets[key] = openedSecret{version: secret.ResourceVersion, cloud: opened}
	s.mutex.Unlock()
	return opened, nil
}
