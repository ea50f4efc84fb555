{{- define "certificate-binding-controller.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "certificate-binding-controller.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "certificate-binding-controller.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "certificate-binding-controller.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* Maps as the YAML of one; a later map wins. */}}
{{- define "certificate-binding-controller.overlay" -}}
{{- $result := dict -}}
{{- range . -}}
{{- range $key, $value := . -}}
{{- $_ := set $result $key $value -}}
{{- end -}}
{{- end -}}
{{- if $result -}}
{{- toYaml $result -}}
{{- end -}}
{{- end -}}

{{/* The labels of one object: (list CONTEXT LABELS). checkReserved keeps the chart's own labels out of the values. */}}
{{- define "certificate-binding-controller.labels" -}}
{{- $context := index . 0 -}}
{{- $own := dict
    "app.kubernetes.io/version" $context.Chart.AppVersion
    "app.kubernetes.io/managed-by" $context.Release.Service
    "helm.sh/chart" (printf "%s-%s" $context.Chart.Name $context.Chart.Version | replace "+" "_") -}}
{{- $selector := include "certificate-binding-controller.selectorLabels" $context | fromYaml -}}
{{- $values := $context.Values -}}
{{- include "certificate-binding-controller.overlay"
    (list $own $selector ($values.global).commonLabels $values.commonLabels (index . 1)) -}}
{{- end -}}

{{/* The annotations of one object, or nothing: (list CONTEXT ANNOTATIONS). */}}
{{- define "certificate-binding-controller.annotations" -}}
{{- include "certificate-binding-controller.overlay" (list (index . 0).Values.commonAnnotations (index . 1)) -}}
{{- end -}}

{{- define "certificate-binding-controller.crdAnnotations" -}}
{{- $keep := ternary (dict "helm.sh/resource-policy" "keep") dict .Values.crds.keep -}}
{{- $annotations := include "certificate-binding-controller.overlay" (list .Values.crds.annotations $keep) | fromYaml -}}
{{- include "certificate-binding-controller.annotations" (list . $annotations) -}}
{{- end -}}

{{/* The registry of global.imageRegistry takes the place of a first part that names a host. */}}
{{- define "certificate-binding-controller.repository" -}}
{{- $repository := .Values.image.repository -}}
{{- with (.Values.global).imageRegistry -}}
{{- . -}}/{{- regexReplaceAll "^([^/]*[.:][^/]*|localhost)/" $repository "" -}}
{{- else -}}
{{- $repository -}}
{{- end -}}
{{- end -}}

{{- define "certificate-binding-controller.image" -}}
{{- $repository := include "certificate-binding-controller.repository" . -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* A list of {name: NAME} without repetitions, or nothing. */}}
{{- define "certificate-binding-controller.imagePullSecrets" -}}
{{- $secrets := list -}}
{{- range concat ((.Values.global).imagePullSecrets | default list) (.Values.imagePullSecrets | default list) -}}
{{- $secrets = append $secrets (ternary (dict "name" .) . (kindIs "string" .)) -}}
{{- end -}}
{{- with $secrets | uniq -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/* The rights of the controller. A finalizer is metadata of the binding itself, so it needs patch on the binding. */}}
{{- define "certificate-binding-controller.rules" -}}
- apiGroups: [certificates.bycloud.io]
  resources: [certificatebindings]
  verbs: [get, list, watch, patch]
- apiGroups: [certificates.bycloud.io]
  resources: [certificatebindings/status]
  verbs: [patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end -}}
