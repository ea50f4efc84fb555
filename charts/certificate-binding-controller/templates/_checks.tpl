{{/* Refuses values that would have no effect. The schema refuses those that it can name. */}}
{{- define "certificate-binding-controller.checks" -}}
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
{{- end -}}
