{{- define "certificate-binding-controller.leaseName" -}}
{{- .Values.leaderElection.resourceName | default (include "certificate-binding-controller.fullname" .) -}}
{{- end -}}

{{/* NAMESPACE/NAME of the Lease of a controller, or nothing without leader election: (list ARGUMENTS NAMESPACE). */}}
{{- define "certificate-binding-controller.leaseOf" -}}
{{- $args := index . 0 -}}
{{- $alone := ternary "true" "false" (has "--leader-elect" $args) -}}
{{- if ne (include "certificate-binding-controller.flagOf" (list $args "--leader-elect" $alone)) "false" -}}
{{- $namespace := include "certificate-binding-controller.flagOf" (list $args "--leader-elect-resource-namespace" (index . 1)) -}}
{{- $name := include "certificate-binding-controller.flagOf" (list $args "--leader-elect-resource-name" "certificate-binding-controller") -}}
{{- replace "$(POD_NAMESPACE)" (index . 1) $namespace -}}/{{- $name -}}
{{- end -}}
{{- end -}}

{{/* The arguments of this release that name its Lease and its bindings, as JSON; extraArgs come last, because they may name the Lease's namespace. */}}
{{- define "certificate-binding-controller.ownArguments" -}}
{{- $own := list
    (printf "--leader-elect=%t" .Values.leaderElection.enabled)
    (printf "--leader-elect-resource-name=%s" (include "certificate-binding-controller.leaseName" .))
    (printf "--label-selector=%s" (.Values.labelSelector | default "")) -}}
{{- concat $own (.Values.extraArgs | default list) | toJson -}}
{{- end -}}

{{- define "certificate-binding-controller.ownLease" -}}
{{- $own := include "certificate-binding-controller.ownArguments" . | fromJsonArray -}}
{{- include "certificate-binding-controller.leaseOf" (list $own .Release.Namespace) -}}
{{- end -}}

{{/*
Why two controllers must not have these Leases, or nothing: (list ARGUMENTS NAMESPACE ARGUMENTS-OF-THE-OTHER
NAMESPACE-OF-THE-OTHER).
*/}}
{{- define "certificate-binding-controller.clashOfLeases" -}}
{{- $lease := include "certificate-binding-controller.leaseOf" (list (index . 0) (index . 1)) -}}
{{- $other := include "certificate-binding-controller.leaseOf" (list (index . 2) (index . 3)) -}}
{{- $names := list -}}
{{- $selectors := list -}}
{{- range list (index . 0) (index . 2) -}}
{{- $names = append $names (include "certificate-binding-controller.flagOf" (list . "--leader-elect-resource-name" "certificate-binding-controller")) -}}
{{- $selectors = append $selectors (include "certificate-binding-controller.flagOf" (list . "--label-selector" "")) -}}
{{- end -}}
{{- if and $lease (eq $lease $other) -}}
the Lease {{ $lease }} is also that of the other, so only one of the two would work at a time
{{- else if and (index $selectors 0) (index $selectors 1) (eq (index $names 0) (index $names 1)) -}}
{{ index $names 0 }} is also the name of the other, and controllers that divide the bindings are told apart by their names
{{- end -}}
{{- end -}}

{{/*
With one Lease, old and new pods stand by for each other: the new one is ready before an old one ends. Where the pods of
the release that run now hold no Lease or another one, the old pods have to end first. Without a cluster, as in helm
template, nobody knows.
*/}}
{{- define "certificate-binding-controller.strategy" -}}
{{- $lease := include "certificate-binding-controller.ownLease" . -}}
{{- $before := $lease -}}
{{- $running := lookup "apps/v1" "Deployment" .Release.Namespace (include "certificate-binding-controller.fullname" .) -}}
{{- if and $running (ne (int (dig "spec" "replicas" 1 $running)) 0) -}}
{{- range $running.spec.template.spec.containers -}}
{{- if include "certificate-binding-controller.isController" . -}}
{{- $before = include "certificate-binding-controller.leaseOf" (list (.args | default list) $.Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $lease (eq $lease $before) -}}
type: RollingUpdate
rollingUpdate:
  maxSurge: 1
  maxUnavailable: 0
{{- else -}}
type: Recreate
{{- end -}}
{{- end -}}

{{/* Not every combination is one that the program takes (controller/app/leader_options.cpp), or a safe one. */}}
{{- define "certificate-binding-controller.checkLeadership" -}}
{{- $election := .Values.leaderElection -}}
{{- if $election.enabled -}}
{{- $lease := include "certificate-binding-controller.nanoseconds" $election.leaseDuration | int64 -}}
{{- $deadline := include "certificate-binding-controller.nanoseconds" $election.renewDeadline | int64 -}}
{{- $retry := include "certificate-binding-controller.nanoseconds" $election.retryPeriod | int64 -}}
{{- if le $lease $deadline -}}
{{- fail (printf "leaderElection.leaseDuration: %s is not longer than leaderElection.renewDeadline (%s), so two pods might lead at a time; the defaults are 15s and 10s" $election.leaseDuration $election.renewDeadline) -}}
{{- end -}}
{{- if le (mul 10 $deadline) (mul 12 $retry) -}}
{{- fail (printf "leaderElection.renewDeadline: %s is not longer than 1.2 times leaderElection.retryPeriod (%s), so one slow answer would end the leadership; the defaults are 10s and 2s" $election.renewDeadline $election.retryPeriod) -}}
{{- end -}}
{{- else -}}
{{- if gt (int .Values.replicaCount) 1 -}}
{{- fail (printf "replicaCount: %d pods would write to the same listeners, because leaderElection.enabled is false; set replicaCount to 1, or leaderElection.enabled to true" (int .Values.replicaCount)) -}}
{{- end -}}
{{- $unused := dict "leaseDuration" "15s" "renewDeadline" "10s" "retryPeriod" "2s" -}}
{{- if not .Values.labelSelector -}}
{{- $_ := set $unused "resourceName" "" -}}
{{- end -}}
{{- range $name := keys $unused | sortAlpha -}}
{{- if ne (get $unused $name) (get $election $name | toString) -}}
{{- fail (printf "leaderElection.%s: has no effect, because leaderElection.enabled is false" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "certificate-binding-controller.checkDivision" -}}
{{- if .Values.labelSelector -}}
{{- $lease := include "certificate-binding-controller.leaseName" . -}}
{{- if eq $lease "certificate-binding-controller" -}}
{{- fail (printf "labelSelector: controllers that divide the bindings are told apart by the names of their Leases, and %s is the name of a controller of all bindings; set leaderElection.resourceName" $lease) -}}
{{- end -}}
{{- if .Values.bindingsApi.enabled -}}
{{- fail "bindingsApi.enabled: the bindings API makes bindings without labels, which a release with labelSelector does not see; serve it from a release without labelSelector" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* How many pods a number or a share in % is, rounded up as Kubernetes does: (list SHARE REPLICAS). */}}
{{- define "certificate-binding-controller.shareOfPods" -}}
{{- $share := index . 0 | toString -}}
{{- if hasSuffix "%" $share -}}
{{- div (add (mul (trimSuffix "%" $share | int) (index . 1)) 99) 100 -}}
{{- else -}}
{{- int $share -}}
{{- end -}}
{{- end -}}

{{- define "certificate-binding-controller.checkDisruptionBudget" -}}
{{- $budget := .Values.podDisruptionBudget -}}
{{- $given := list -}}
{{- range $name := list "maxUnavailable" "minAvailable" "unhealthyPodEvictionPolicy" -}}
{{- if ne (get $budget $name | toString) "" -}}
{{- $given = append $given $name -}}
{{- end -}}
{{- end -}}
{{- if $budget.enabled -}}
{{- if and (has "maxUnavailable" $given) (has "minAvailable" $given) -}}
{{- fail "podDisruptionBudget.minAvailable: Kubernetes takes it or maxUnavailable, and both are set; leave one of them empty" -}}
{{- end -}}
{{- $replicas := int .Values.replicaCount -}}
{{- $stay := include "certificate-binding-controller.shareOfPods" (list $budget.minAvailable $replicas) | int -}}
{{- if and (has "minAvailable" $given) $replicas (ge $stay $replicas) -}}
{{- fail (printf "podDisruptionBudget.minAvailable: with %v of %d pods no pod may ever be evicted, so no drain of its node would end; leave it empty for a maxUnavailable of 1, set it below replicaCount, or set podDisruptionBudget.enabled to false" $budget.minAvailable $replicas) -}}
{{- end -}}
{{- if and (has "maxUnavailable" $given) $replicas (eq 0 (include "certificate-binding-controller.shareOfPods" (list $budget.maxUnavailable $replicas) | int)) -}}
{{- fail (printf "podDisruptionBudget.maxUnavailable: with %v no pod may ever be evicted, so no drain of its node would end; leave it empty for 1, or set podDisruptionBudget.enabled to false" $budget.maxUnavailable) -}}
{{- end -}}
{{- else -}}
{{- range without $given "unhealthyPodEvictionPolicy" -}}
{{- fail (printf "podDisruptionBudget.%s: has no effect, because podDisruptionBudget.enabled is false" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
