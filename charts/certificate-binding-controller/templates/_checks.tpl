{{/* Refuses what the program would refuse at its start, and values that would have no effect. The schema checks types and
     spellings; what it could refuse only without a reason ("'not' failed") is refused here, in words. */}}
{{- define "certificate-binding-controller.checks" -}}
{{- include "certificate-binding-controller.checkPresence" . -}}
{{- if and (hasKey .Values "enabled") (not .Values.enabled) -}}
{{- fail (printf "enabled: the chart cannot leave itself out; in the Chart.yaml of the parent chart, set condition: %s.enabled at this dependency" .Chart.Name) -}}
{{- end -}}
{{- if .Chart.IsRoot -}}
{{- range $name := keys (omit (.Values.global | default dict) "imageRegistry" "imagePullSecrets" "commonLabels") | sortAlpha -}}
{{- fail (printf "global.%s: the chart uses global.imageRegistry, global.imagePullSecrets and global.commonLabels alone, and there is no parent chart" $name) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.crds.annotations (not .Values.crds.enabled) -}}
{{- fail "crds.annotations: there is no CustomResourceDefinition to annotate, because crds.enabled is false" -}}
{{- end -}}
{{- if not .Values.serviceAccount.create -}}
{{- range $name := list "annotations" "labels" -}}
{{- if get $.Values.serviceAccount $name -}}
{{- fail (printf "serviceAccount.%s: there is no ServiceAccount to have them, because serviceAccount.create is false" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.rbac.aggregateClusterRoles (not .Values.rbac.create) -}}
{{- fail "rbac.aggregateClusterRoles: there are no roles to aggregate, because rbac.create is false" -}}
{{- end -}}
{{- include "certificate-binding-controller.checkImage" . -}}
{{- include "certificate-binding-controller.checkSettings" . -}}
{{- include "certificate-binding-controller.checkLeadership" . -}}
{{- include "certificate-binding-controller.checkDivision" . -}}
{{- include "certificate-binding-controller.checkDisruptionBudget" . -}}
{{- include "certificate-binding-controller.checkReserved" . -}}
{{- include "certificate-binding-controller.checkBindingsApi" . -}}
{{- include "certificate-binding-controller.checkDebugPort" . -}}
{{- include "certificate-binding-controller.checkCredentials" . -}}
{{- include "certificate-binding-controller.checkCluster" . -}}
{{- end -}}

{{- define "certificate-binding-controller.checkDebugPort" -}}
{{- $port := .Values.debug.port | toString -}}
{{- if eq $port (.Values.metrics.port | toString) -}}
{{- fail (printf "debug.port: %s is the port of metrics.port; choose another one" $port) -}}
{{- end -}}
{{- if and .Values.bindingsApi.enabled (eq $port (.Values.bindingsApi.port | toString)) -}}
{{- fail (printf "debug.port: %s is the port of bindingsApi.port; choose another one" $port) -}}
{{- end -}}
{{- end -}}

{{- define "certificate-binding-controller.checkBindingsApi" -}}
{{- $api := .Values.bindingsApi -}}
{{- if $api.enabled -}}
{{- if not (or $api.tlsSecret $api.allowHttp) -}}
{{- fail "bindingsApi.tlsSecret: name a Secret of this namespace that holds tls.crt and tls.key, because requests carry tokens; or, if something in front of the controller speaks TLS, set bindingsApi.allowHttp to true" -}}
{{- end -}}
{{- if eq ($api.port | toString) (.Values.metrics.port | toString) -}}
{{- fail (printf "bindingsApi.port: %v is the port of metrics.port; choose another one" $api.port) -}}
{{- end -}}
{{- if and $api.namespace .Values.watchNamespaces (not (has $api.namespace .Values.watchNamespaces)) -}}
{{- fail (printf "bindingsApi.namespace: the controller does not watch %s; add it to watchNamespaces" $api.namespace) -}}
{{- end -}}
{{- else -}}
{{- $unused := dict "port" 8443 "servicePort" 443 "tlsSecret" "" "allowHttp" false "namespace" "" "defaultRegion" "" "wait" "10s" "maxWaiting" 1000 "requestsPerMinute" 600 -}}
{{- range $name := keys $unused | sortAlpha -}}
{{- if ne (get $unused $name | toString) (get $api $name | toString) -}}
{{- fail (printf "bindingsApi.%s: has no effect, because bindingsApi.enabled is false" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The default of allowControllerCredentials would serve nothing that is watched. */}}
{{- define "certificate-binding-controller.checkCredentials" -}}
{{- $watched := .Values.watchNamespaces -}}
{{- if and $watched (not .Values.allowControllerCredentials) (not (has .Release.Namespace $watched)) -}}
{{- fail (printf "watchNamespaces: no watched namespace may use the controller's credential, which is for the release's namespace %s by default; add --set 'allowControllerCredentials={%s}' with the namespaces whose users may use the credential, or --set 'allowControllerCredentials={%s}' if every binding names a Secret of its own in spec.cloudCredentialsRef" .Release.Namespace (join "," $watched) .Release.Namespace) -}}
{{- end -}}
{{- end -}}

{{/* Looks into the cluster. Without a cluster, as in helm template, there is nothing to find. */}}
{{- define "certificate-binding-controller.checkCluster" -}}
{{- if .Values.crds.enabled -}}
{{- $name := "certificatebindings.certificates.bycloud.io" -}}
{{- if dig "metadata" "deletionTimestamp" "" (lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" $name) -}}
{{- fail (printf "crds.enabled: the CustomResourceDefinition %s is being deleted and waits for its last bindings, so an installation would lose it; list them with kubectl get certbind --all-namespaces, remove their finalizers if their certificates may stay on the listeners, and install again when it is gone" $name) -}}
{{- end -}}
{{- end -}}
{{- range $other := include "certificate-binding-controller.otherControllers" . | fromJsonArray -}}
{{- if .overlaps -}}
{{- fail (printf "another controller watches the same bindings: %s, which watches %s; two controllers would write to the same listeners, so uninstall that one, or give both disjoint watchNamespaces, or a labelSelector each that divides the bindings; --set allowOtherControllers=true installs without looking for other controllers" .name .watches) -}}
{{- end -}}
{{- with .clash -}}
{{- fail (printf "leaderElection.resourceName: there is another controller, %s, and %s; choose another name" $other.name .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
