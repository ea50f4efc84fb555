{{/* Checks of single values, for _checks.tpl. Each failure names the value, what was found and the way out. */}}

{{/* null takes a default away. The program ends without its settings, and a switch would be off. */}}
{{- define "certificate-binding-controller.checkPresence" -}}
{{- range $path := list
    "bindingsApi.allowHttp" "bindingsApi.enabled" "bindingsApi.maxWaiting" "bindingsApi.port"
    "bindingsApi.requestsPerMinute" "bindingsApi.servicePort" "bindingsApi.wait"
    "budgets.cloudRequests" "budgets.kubernetesRequests" "budgets.requestsPerServer"
    "cloudConfig.key" "cloudTimeout" "crds.enabled" "crds.keep" "debug.port" "expiryWarningDays" "image.pullPolicy"
    "image.repository"
    "leaderElection.enabled" "leaderElection.leaseDuration" "leaderElection.renewDeadline" "leaderElection.retryPeriod"
    "log.format" "log.level" "loopLagWarning" "metrics.expiries" "metrics.port" "podDisruptionBudget.enabled" "rbac.create" "replicaCount" "resyncPeriod"
    "serviceAccount.create"
    "terminationGracePeriodSeconds" "writeDeadline" -}}
{{- $value := $.Values -}}
{{- range splitList "." $path -}}
{{- $value = get ($value | default dict) . -}}
{{- end -}}
{{- if eq (toString $value) "" -}}
{{- fail (printf "%s: must not be empty or null; leave it out of your values for the default of the chart" $path) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The kubelet finds out late that an image has no valid name, and says so in the status of the pod alone. */}}
{{- define "certificate-binding-controller.checkImage" -}}
{{- $repository := .Values.image.repository -}}
{{- $name := splitList "/" $repository | last -}}
{{- if contains "@" $name -}}
{{- fail (printf "image.repository: %s holds a digest; put what follows the @ into image.digest" $repository) -}}
{{- else if contains ":" $name -}}
{{- fail (printf "image.repository: %s holds a tag; put what follows the last : into image.tag" $repository) -}}
{{- else if not (regexMatch "^(([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])(:[0-9]+)?/)?[a-z0-9]+((\\.|__?|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|__?|-+)[a-z0-9]+)*)*$" $repository) -}}
{{- fail (printf "image.repository: %s is not the name of an image; write it as in registry.example.com/team/certificate-binding-controller, in lower case and without https://" $repository) -}}
{{- end -}}
{{- with .Values.image.tag -}}
{{- if not (regexMatch "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$" .) -}}
{{- fail (printf "image.tag: %s is not a tag, which has at most 128 letters, digits, _, . and -; put a digest into image.digest" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The nanoseconds of a duration as Go writes it; 0 of any other text. Go itself reads it, as an offset to a date. */}}
{{- define "certificate-binding-controller.nanoseconds" -}}
{{- $date := toDate "2006-01-02" "2006-01-02" -}}
{{- ((dateModify . $date).Sub $date).Nanoseconds -}}
{{- end -}}

{{/* The ranges of the program (controller/app), which ends at its start when a flag is outside. */}}
{{- define "certificate-binding-controller.checkSettings" -}}
{{- $ranges := dict
    "bindingsApi.wait" (list "1s" "5m")
    "cloudTimeout" (list "1s" "1h")
    "leaderElection.leaseDuration" (list "1s" "1h")
    "leaderElection.renewDeadline" (list "1s" "1h")
    "leaderElection.retryPeriod" (list "100ms" "1h")
    "loopLagWarning" (list "10ms" "1h")
    "resyncPeriod" (list "1s" "720h")
    "writeDeadline" (list "100ms" "1h") -}}
{{- range $name, $range := $ranges -}}
{{- $value := $.Values -}}
{{- range splitList "." $name -}}
{{- $value = get $value . -}}
{{- end -}}
{{- $text := toString $value -}}
{{- $least := index $range 0 -}}
{{- $most := index $range 1 -}}
{{- $given := include "certificate-binding-controller.nanoseconds" $text | int64 -}}
{{- $inside := and (ge $given (include "certificate-binding-controller.nanoseconds" $least | int64)) (le $given (include "certificate-binding-controller.nanoseconds" $most | int64)) -}}
{{- if not (and $inside (regexMatch "^[0-9]" $text)) -}}
{{- fail (printf "%s: must be a duration from %s to %s, such as 30s, 10m or 1h30m, not %q" $name $least $most $text) -}}
{{- end -}}
{{- end -}}
{{- $grace := mul (.Values.terminationGracePeriodSeconds | int64) 1000000000 -}}
{{- if lt $grace (include "certificate-binding-controller.nanoseconds" (toString .Values.writeDeadline) | int64) -}}
{{- fail (printf "terminationGracePeriodSeconds: %d s are shorter than writeDeadline (%v), so a pod that ends would be killed while a change of a listener is under way; set at least writeDeadline plus 0.6 s for each certificate of the largest listener" (.Values.terminationGracePeriodSeconds | int64) .Values.writeDeadline) -}}
{{- end -}}
{{- $days := .Values.expiryWarningDays | toString -}}
{{- range ternary list (splitList "," $days) (eq $days "0") -}}
{{- if not (and (regexMatch "^[1-9][0-9]{0,3}$" .) (le (int .) 3650)) -}}
{{- fail (printf "expiryWarningDays: %q is not a number of days from 1 to 3650; write a list such as \"30,14,7,3,1\", or 0 for no events" .) -}}
{{- end -}}
{{- end -}}
{{- with .Values.labelSelector -}}
{{- if not (include "certificate-binding-controller.isLabelSelector" .) -}}
{{- fail (printf "labelSelector: %q is not a label selector; write labels such as region=sao1, or region in (sao1,sao2)" .) -}}
{{- end -}}
{{- end -}}
{{- range without (.Values.allowedAuthUrls | default list) "*" -}}
{{- $form := "^https?://([A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]+\\])(:([0-9]+))?(/[A-Za-z0-9_~:@+=-][A-Za-z0-9._~:@+=-]*)*/?$" -}}
{{- $port := regexReplaceAll $form . "${3}" | default "443" | int -}}
{{- if not (and (regexMatch $form .) (ge $port 1) (le $port 65535)) -}}
{{- fail (printf "allowedAuthUrls: %s is not a URL such as https://keystone.example.com:5000/v3, without a user, a query, %% or /. in it; * admits every URL" (ternary "a text with @" (quote .) (contains "@" .))) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The value that sets a flag of the program: {FLAG: VALUE}. A pod of the chart needs no other flag. */}}
{{- define "certificate-binding-controller.valuesOfFlags" -}}
allow-controller-credentials: allowControllerCredentials
allowed-auth-urls: allowedAuthUrls
bindings-api-address: bindingsApi.port
bindings-api-allow-http: bindingsApi.allowHttp
bindings-api-default-region: bindingsApi.defaultRegion
bindings-api-max-waiting: bindingsApi.maxWaiting
bindings-api-namespace: bindingsApi.namespace
bindings-api-requests-per-minute: bindingsApi.requestsPerMinute
bindings-api-tls-cert-file: bindingsApi.tlsSecret
bindings-api-tls-key-file: bindingsApi.tlsSecret
bindings-api-wait: bindingsApi.wait
cloud: cloudConfig.cloud
cloud-config: cloudConfig.existingSecret
cloud-timeout: cloudTimeout
debug-address: debug.port
expiry-metrics: metrics.expiries
expiry-warning-days: expiryWarningDays
label-selector: labelSelector
leader-elect: leaderElection.enabled
leader-elect-lease-duration: leaderElection.leaseDuration
leader-elect-renew-deadline: leaderElection.renewDeadline
leader-elect-resource-name: leaderElection.resourceName
leader-elect-resource-namespace: leaderElection, whose Lease is in the namespace of the release
leader-elect-retry-period: leaderElection.retryPeriod
log-format: log.format
log-level: log.level
loop-lag-warning: loopLagWarning
max-cloud-requests: budgets.cloudRequests
max-kubernetes-requests: budgets.kubernetesRequests
max-requests-per-server: budgets.requestsPerServer
metrics-bind-address: metrics.port
namespace: watchNamespaces
resync-period: resyncPeriod
write-deadline: writeDeadline
{{- end -}}

{{/* Names that are the chart's own. */}}
{{- define "certificate-binding-controller.checkReserved" -}}
{{- $values := include "certificate-binding-controller.valuesOfFlags" . | fromYaml -}}
{{- range .Values.extraEnv -}}
{{- if hasPrefix "CERTIFICATE_BINDING_" .name -}}
{{- $flag := trimPrefix "CERTIFICATE_BINDING_" .name | lower | replace "_" "-" -}}
{{- fail (printf "extraEnv: %s has no effect, because the chart sets the flags of the controller, and a flag overrides its variable; use %s" .name (get $values $flag | default "extraArgs")) -}}
{{- end -}}
{{- end -}}
{{- range $argument := .Values.extraArgs -}}
{{- $flag := splitList "=" $argument | first | trimPrefix "--" -}}
{{- $value := get $values $flag -}}
{{- if and (hasPrefix "--" $argument) $value (not (contains " " $value)) -}}
{{- fail (printf "extraArgs: the chart sets --%s itself, and checks it; use %s" $flag $value) -}}
{{- end -}}
{{- end -}}
{{- range .Values.extraVolumes -}}
{{- if has .name (list "bindings-api" "cloud-config") -}}
{{- fail (printf "extraVolumes: the chart has a volume %s already; give yours another name" .name) -}}
{{- end -}}
{{- end -}}
{{- if hasKey (.Values.crds.annotations | default dict) "helm.sh/resource-policy" -}}
{{- fail "crds.annotations: helm.sh/resource-policy says whether the CustomResourceDefinition stays when the release is uninstalled; use crds.keep" -}}
{{- end -}}
{{- $own := list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart" -}}
{{- range $path := list "global.commonLabels" "commonLabels" "deploymentLabels" "podLabels" "serviceAccount.labels" -}}
{{- $labels := $.Values -}}
{{- range splitList "." $path -}}
{{- $labels = get $labels . | default dict -}}
{{- end -}}
{{- range $label := keys $labels | sortAlpha -}}
{{- if has $label $own -}}
{{- fail (printf "%s: the chart sets the label %s itself; use another name, or nameOverride for the name of the program" $path $label) -}}
{{- else if hasPrefix "rbac.authorization.k8s.io/" $label -}}
{{- fail (printf "%s: %s would give the rights of the controller to users; rbac.aggregateClusterRoles gives users those that they need" $path $label) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
