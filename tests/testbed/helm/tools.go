//go:build tools

// Package helm pins the helm that the tests use. It is a module of its own because helm asks for newer versions of some libraries
// than Kubernetes is released with.
package helm

import (
	_ "helm.sh/helm/v4/cmd/helm"
)
