{{/* The namespaces that the arguments of a controller name, as JSON; none: it watches all. */}}
{{- define "certificate-binding-controller.namespacesOf" -}}
{{- $names := list -}}
{{- $flag := "" -}}
{{- range . -}}
{{- if eq $flag "--namespace" -}}
{{- $names = append $names . -}}
{{- $flag = "" -}}
{{- else if hasPrefix "--namespace=" . -}}
{{- $names = append $names (trimPrefix "--namespace=" .) -}}
{{- else -}}
{{- $flag = . -}}
{{- end -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/* The value of a flag among the arguments of a controller, where the last one wins: (list ARGUMENTS FLAG DEFAULT). */}}
{{- define "certificate-binding-controller.flagOf" -}}
{{- $flag := index . 1 -}}
{{- $value := index . 2 -}}
{{- $before := "" -}}
{{- range index . 0 -}}
{{- if eq $before $flag -}}
{{- $value = . -}}
{{- $before = "" -}}
{{- else -}}
{{- if hasPrefix (printf "%s=" $flag) . -}}
{{- $value = trimPrefix (printf "%s=" $flag) . -}}
{{- end -}}
{{- $before = . -}}
{{- end -}}
{{- end -}}
{{- $value -}}
{{- end -}}

{{- define "certificate-binding-controller.ownSelector" -}}
{{- include "certificate-binding-controller.flagOf" (list (include "certificate-binding-controller.ownArguments" . | fromJsonArray) "--label-selector" "") -}}
{{- end -}}

{{/* What a controller watches, in words: (list NAMESPACES LABEL-SELECTOR). */}}
{{- define "certificate-binding-controller.watches" -}}
{{- with index . 0 -}}
the namespace{{ ternary "s" "" (gt (len .) 1) }} {{ join ", " . }}
{{- else -}}
all namespaces
{{- end -}}
{{- with index . 1 }} (only the bindings with the labels {{ . }})
{{- end -}}
{{- end -}}

{{/* Not empty if the container runs a controller, whoever installed it and whatever its names are. */}}
{{- define "certificate-binding-controller.isController" -}}
{{- if regexMatch "(^|/)certificate-binding-controller([:@]|$)" (.image | default "") -}}
true
{{- else -}}
{{- range .args -}}
{{- if hasPrefix "--allow-controller-credentials" . -}}
true
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Not empty if the Role lets somebody write the status of bindings, which controllers alone do. */}}
{{- define "certificate-binding-controller.isRoleOfController" -}}
{{- range .rules -}}
{{- if and (has "certificates.bycloud.io" .apiGroups) (has "certificatebindings/status" .resources) -}}
true
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Not empty if the object is one of this release: (list CONTEXT METADATA NAMESPACE-OF-SUCH-OBJECTS). */}}
{{- define "certificate-binding-controller.isOwn" -}}
{{- $context := index . 0 -}}
{{- $metadata := index . 1 -}}
{{- $annotations := $metadata.annotations | default dict -}}
{{- if hasKey $annotations "meta.helm.sh/release-name" -}}
{{- $release := list (get $annotations "meta.helm.sh/release-namespace") (get $annotations "meta.helm.sh/release-name") -}}
{{- if deepEqual $release (list $context.Release.Namespace $context.Release.Name) -}}
true
{{- end -}}
{{- else if deepEqual (list $metadata.namespace $metadata.name) (list (index . 2) (include "certificate-binding-controller.fullname" $context)) -}}
true
{{- end -}}
{{- end -}}

{{/* The controllers among the Deployments of a namespace, of all if it is "": (list CONTEXT WATCHED NAMESPACE). */}}
{{- define "certificate-binding-controller.controllersByDeployment" -}}
{{- $context := index . 0 -}}
{{- $watched := index . 1 -}}
{{- $selector := include "certificate-binding-controller.ownSelector" $context -}}
{{- $own := include "certificate-binding-controller.ownArguments" $context | fromJsonArray -}}
{{- $found := list -}}
{{- range $deployment := (lookup "apps/v1" "Deployment" (index . 2) "").items -}}
{{- $runs := ne (int (dig "spec" "replicas" 1 $deployment)) 0 -}}
{{- $isOwn := include "certificate-binding-controller.isOwn" (list $context $deployment.metadata $context.Release.Namespace) -}}
{{- range $deployment.spec.template.spec.containers -}}
{{- if and $runs (not $isOwn) (include "certificate-binding-controller.isController" .) -}}
{{- $args := .args | default list -}}
{{- $names := include "certificate-binding-controller.namespacesOf" $args | fromJsonArray -}}
{{- $labels := include "certificate-binding-controller.flagOf" (list $args "--label-selector" "") -}}
{{- $divided := include "certificate-binding-controller.divide" (list $selector $labels) -}}
{{- $shared := list -}}
{{- range $names -}}
{{- if has . $watched -}}
{{- $shared = append $shared . -}}
{{- end -}}
{{- end -}}
{{- $found = append $found (dict
    "name" (printf "Deployment %s/%s" $deployment.metadata.namespace $deployment.metadata.name)
    "watches" (include "certificate-binding-controller.watches" (list $names $labels))
    "clash" (include "certificate-binding-controller.clashOfLeases" (list $own $context.Release.Namespace $args $deployment.metadata.namespace))
    "overlaps" (and (not $divided) (or (not $names) (not $watched) (gt (len $shared) 0)))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* The controllers with a Role in one of the namespaces: (list CONTEXT NAMESPACES). */}}
{{- define "certificate-binding-controller.controllersByRole" -}}
{{- $context := index . 0 -}}
{{- $selector := include "certificate-binding-controller.ownSelector" $context -}}
{{- $found := list -}}
{{- range $namespace := index . 1 -}}
{{- range (lookup "rbac.authorization.k8s.io/v1" "Role" $namespace "").items -}}
{{- $own := include "certificate-binding-controller.isOwn" (list $context .metadata $namespace) -}}
{{- if and (not $own) (include "certificate-binding-controller.isRoleOfController" .) -}}
{{- $labels := dig "annotations" "certificates.bycloud.io/label-selector" "" .metadata -}}
{{- $found = append $found (dict
    "name" (printf "that of the Role %s/%s" $namespace .metadata.name)
    "watches" (include "certificate-binding-controller.watches" (list (list $namespace) $labels))
    "clash" ""
    "overlaps" (not (include "certificate-binding-controller.divide" (list $selector $labels)))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/*
The other controllers of the cluster, as a JSON list of {name, watches, overlaps, clash}; one without a replica does not run.
Who installs objects of the whole cluster may list its Deployments. Anybody else is only asked for rights in the
namespaces of the installation, so a controller of all namespaces elsewhere is not seen then.
*/}}
{{- define "certificate-binding-controller.otherControllers" -}}
{{- $found := list -}}
{{- if not .Values.allowOtherControllers -}}
{{- $watched := .Values.watchNamespaces | default list -}}
{{- if or .Values.crds.enabled (and .Values.rbac.create (not $watched)) -}}
{{- $found = include "certificate-binding-controller.controllersByDeployment" (list . $watched "") | fromJsonArray -}}
{{- else -}}
{{- $found = include "certificate-binding-controller.controllersByDeployment" (list . $watched .Release.Namespace) | fromJsonArray -}}
{{- if .Values.rbac.create -}}
{{- $found = concat $found (include "certificate-binding-controller.controllersByRole" (list . $watched) | fromJsonArray) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}
