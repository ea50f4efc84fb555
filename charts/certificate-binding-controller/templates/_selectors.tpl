{{/* Label selectors, as the program takes them (controller/app/label_selector.cpp) and the API server reads them. */}}

{{- define "certificate-binding-controller.isLabelSelector" -}}
{{- $name := "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?" -}}
{{- $key := printf "([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?%s" $name -}}
{{- $value := printf "(%s)?" $name -}}
{{- $set := printf "\\(\\s*%s(\\s*,\\s*%s)*\\s*\\)" $value $value -}}
{{- $one := printf "\\s*(!\\s*%s|%s(\\s*(==?|!=)\\s*%s|\\s+(in|notin)\\s+%s)?)\\s*" $key $key $value $set -}}
{{- if regexMatch (printf "^%s(,%s)*$" $one $one) . -}}
true
{{- end -}}
{{- end -}}

{{/* A label selector as a JSON list of {key, operator, values}, with the operators of a labelSelector's matchExpressions. */}}
{{- define "certificate-binding-controller.requirementsOf" -}}
{{- $all := list -}}
{{- range regexFindAll "[^,()]+(\\([^)]*\\))?" . -1 -}}
{{- $operator := "Exists" -}}
{{- $values := list -}}
{{- if regexMatch "\\snotin\\s*\\(" . -}}
{{- $operator = "NotIn" -}}
{{- else if regexMatch "\\sin\\s*\\(" . -}}
{{- $operator = "In" -}}
{{- else if contains "!=" . -}}
{{- $operator = "NotIn" -}}
{{- else if contains "=" . -}}
{{- $operator = "In" -}}
{{- else if contains "!" . -}}
{{- $operator = "DoesNotExist" -}}
{{- end -}}
{{- if contains "(" . -}}
{{- $values = regexReplaceAll ".*\\((.*)\\).*" . "${1}" | nospace | splitList "," -}}
{{- else if contains "=" . -}}
{{- $values = regexReplaceAll ".*=(.*)" . "${1}" | nospace | list -}}
{{- end -}}
{{- $key := regexFind "[A-Za-z0-9][-A-Za-z0-9_./]*" . -}}
{{- with $key -}}
{{- $all = append $all (dict "key" . "operator" $operator "values" $values) -}}
{{- end -}}
{{- end -}}
{{- toJson $all -}}
{{- end -}}

{{/* Not empty if no object has the labels of both requirements on one key: (list ONE OTHER). */}}
{{- define "certificate-binding-controller.excludes" -}}
{{- $one := index . 0 -}}
{{- $other := index . 1 -}}
{{- if and (eq $one.operator "In") (eq $other.operator "In" "NotIn") -}}
{{- $common := list -}}
{{- range $one.values -}}
{{- if eq (has . $other.values) (eq $other.operator "In") -}}
{{- $common = append $common . -}}
{{- end -}}
{{- end -}}
{{- if not $common -}}
true
{{- end -}}
{{- else if and (eq $one.operator "In" "Exists") (eq $other.operator "DoesNotExist") -}}
true
{{- end -}}
{{- end -}}

{{/* Not empty if two label selectors divide the bindings: (list ONE OTHER). */}}
{{- define "certificate-binding-controller.divide" -}}
{{- $others := include "certificate-binding-controller.requirementsOf" (index . 1) | fromJsonArray -}}
{{- range $one := include "certificate-binding-controller.requirementsOf" (index . 0) | fromJsonArray -}}
{{- range $other := $others -}}
{{- if eq $one.key $other.key -}}
{{- include "certificate-binding-controller.excludes" (list $one $other) -}}
{{- include "certificate-binding-controller.excludes" (list $other $one) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Tells other releases, which see the Role alone, which bindings are divided from theirs. */}}
{{- define "certificate-binding-controller.selectorAnnotation" -}}
{{- with include "certificate-binding-controller.ownSelector" . -}}
{{- toYaml (dict "certificates.bycloud.io/label-selector" .) -}}
{{- end -}}
{{- end -}}
