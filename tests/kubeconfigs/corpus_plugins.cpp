#include "kubeconfigs/corpus.hpp"

namespace kubeconfigs {
namespace {

const std::string v1 = "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never";
const std::string beta = "apiVersion: client.authentication.k8s.io/v1beta1";

// A program that leaves what it was told in the file "told", and prints a credential of `version` with
// `status`.
corpus_file plugin(const std::string& status, const std::string& version = "v1")
{
    return {
        "login.sh",
        "#!/bin/sh\nprintf '%s' \"$KUBERNETES_EXEC_INFO\" >\"$DIR/told\"\ncat <<END\n"
        "{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/" +
            version + "\", \"status\": {" + status + "}}\nEND\n"
    };
}

corpus_case exec(
    std::string name,
    const std::string& text,
    const corpus_file& program,
    verdict verdict = verdict::same,
    std::string says = {},
    const std::string& cluster = trusted
)
{
    auto made = one(std::move(name), kubeconfig(cluster, "exec: {" + text + "}"), verdict, std::move(says));
    made.files.push_back(program);
    return made;
}

std::vector<corpus_case> cases_that_work()
{
    const corpus_file token = plugin(R"("token": "canary")");
    const corpus_file script = {
        "print.sh",
        "#!/bin/sh\nprintf '{\"kind\": \"ExecCredential\", \"apiVersion\": \"%s\", \"status\": {\"token\": "
        "\"%s\"}}' \"$1\" \"$TOKEN\"\n"
    };
    return {
        exec("exec_token", "command: ./login.sh, " + v1, token),
        exec("exec_with_a_full_path", "command: $DIR/login.sh, " + v1, token),
        exec("exec_of_beta", "command: ./login.sh, " + beta, plugin(R"("token": "canary")", "v1beta1")),
        exec(
            "exec_if_available",
            "command: ./login.sh, interactiveMode: IfAvailable, apiVersion: client.authentication.k8s.io/v1",
            token
        ),
        exec(
            "exec_certificate",
            "command: ./login.sh, " + v1,
            plugin(R"("clientCertificateData": "$CERT_JSON", "clientKeyData": "$KEY_JSON")")
        ),
        exec(
            "exec_certificate_and_token",
            "command: ./login.sh, " + v1,
            plugin(R"("token": "canary", "clientCertificateData": "$CERT_JSON", "clientKeyData": "$KEY_JSON")"
            )
        ),
        exec(
            "exec_that_wants_the_cluster",
            "command: ./login.sh, provideClusterInfo: true, " + v1,
            token,
            verdict::same,
            "the query (?...) of server has no effect",
            R"(server: "$SERVER/k8s/?x=y", certificate-authority: ca.crt, tls-server-name: kubernetes, disable-compression: true, extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: me, ids: [1, 2.5, yes, null]}}])"
        ),
        exec(
            "exec_that_wants_a_simple_cluster", "command: ./login.sh, provideClusterInfo: true, " + v1, token
        ),
        exec(
            "exec_with_arguments_and_variables",
            "command: ./print.sh, args: [client.authentication.k8s.io/v1], env: [{name: TOKEN, value: "
            "canary-env}], " +
                v1,
            script
        ),
        exec(
            "exec_from_the_path",
            "command: sh, args: [print.sh, client.authentication.k8s.io/v1], env: [{name: TOKEN, value: "
            "canary-env}], " +
                v1,
            script
        ),
        exec(
            "exec_that_prints_yaml",
            "command: ./login.sh, " + v1,
            {"login.sh",
             "#!/bin/sh\necho 'kind: ExecCredential'\necho 'apiVersion: "
             "client.authentication.k8s.io/v1'\necho 'status: {token: canary}'\n"}
        ),
        exec(
            "exec_that_prints_an_expired_token",
            "command: ./login.sh, " + v1,
            plugin(R"("token": "canary", "expirationTimestamp": "2020-01-01T00:00:00Z")")
        ),
        exec(
            "exec_that_talks",
            "command: ./login.sh, " + v1,
            {"login.sh",
             "#!/bin/sh\necho talk >&2\ncat >&2\necho '{\"kind\": \"ExecCredential\", \"apiVersion\": "
             "\"client.authentication.k8s.io/v1\", \"status\": {\"token\": \"canary\"}}'\n"}
        ),
        exec(
            "exec_over_http",
            "command: ./nowhere.sh, " + v1,
            token,
            verdict::same,
            "no credential is sent",
            "server: \"http://$HOST\""
        ),
    };
}

std::vector<corpus_case> cases_that_are_refused()
{
    const corpus_file token = plugin(R"("token": "canary")");
    const auto prints = [](const std::string& text) {
        return corpus_file{"login.sh", "#!/bin/sh\necho '" + text + "'\n"};
    };
    auto with_token =
        one("exec_and_token",
            kubeconfig(trusted, "token: canary-own, exec: {command: ./nowhere.sh, " + v1 + "}"),
            verdict::same,
            "exec has no effect, because the user has another credential");
    return {
        with_token,
        exec(
            "exec_and_auth_provider",
            "command: ./login.sh, " + v1 + "}, auth-provider: {name: oidc",
            token,
            verdict::both_refuse,
            "the user has auth-provider"
        ),
        exec("exec_without_command", v1, token, verdict::both_refuse, "command of exec is missing"),
        exec(
            "exec_without_version",
            "command: ./login.sh",
            token,
            verdict::both_refuse,
            "apiVersion of exec is missing"
        ),
        exec(
            "exec_of_alpha",
            "command: ./login.sh, apiVersion: client.authentication.k8s.io/v1alpha1",
            token,
            verdict::both_refuse,
            "of exec is not supported; use client.authentication.k8s.io/v1"
        ),
        exec(
            "exec_without_mode",
            "command: ./login.sh, apiVersion: client.authentication.k8s.io/v1",
            token,
            verdict::both_refuse,
            "interactiveMode of exec must be Never or IfAvailable"
        ),
        exec(
            "exec_of_an_unknown_mode",
            "command: ./login.sh, interactiveMode: Sometimes, apiVersion: client.authentication.k8s.io/v1",
            token,
            verdict::both_refuse,
            "interactiveMode of exec must be Never or IfAvailable"
        ),
        exec(
            "exec_that_asks",
            "command: ./login.sh, interactiveMode: Always, apiVersion: client.authentication.k8s.io/v1",
            token,
            verdict::both_refuse,
            "interactiveMode of exec is Always, but nobody can answer"
        ),
        exec(
            "exec_with_a_variable_without_name",
            "command: ./login.sh, env: [{value: x}], " + v1,
            token,
            verdict::both_refuse,
            "an entry of env of the plugin has no good name"
        ),
        exec(
            "exec_with_an_unknown_key",
            "command: ./login.sh, arg: [x], " + v1,
            token,
            verdict::same,
            "unknown key arg of the exec"
        ),
        exec(
            "exec_that_is_missing",
            "command: ./nowhere.sh, installHint: \"get it from\\nthe shop\", " + v1,
            token,
            verdict::both_refuse,
            "No such file or directory; get it from the shop"
        ),
        exec(
            "exec_that_fails",
            "command: ./login.sh, " + v1,
            {"login.sh", "#!/bin/sh\necho canary\necho 'log in first' >&2\nexit 3\n"},
            verdict::both_refuse,
            "failed with exit code 3: log in first"
        ),
        exec(
            "exec_that_prints_nothing",
            "command: ./login.sh, " + v1,
            prints(""),
            verdict::both_refuse,
            "printed no ExecCredential"
        ),
        exec(
            "exec_that_prints_text_behind",
            "command: ./login.sh, " + v1,
            prints(
                R"({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": "canary"}})"
                "\nwarning: new version"
            ),
            verdict::both_refuse,
            "printed text behind its ExecCredential"
        ),
        exec(
            "exec_that_prints_a_second_document",
            "command: ./login.sh, " + v1,
            prints(
                R"({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": "canary"}})"
                "\n---\nwarning: new version"
            ),
            verdict::both_refuse,
            "printed text behind its ExecCredential"
        ),
        exec(
            "exec_that_prints_a_second_document_of_yaml",
            "command: ./login.sh, " + v1,
            prints("{kind: ExecCredential, apiVersion: client.authentication.k8s.io/v1, status: {token: "
                   "canary}}\n---\nwarning: new version"),
            verdict::both_refuse,
            "printed text behind its ExecCredential"
        ),
        exec(
            "exec_that_prints_another_version",
            "command: ./login.sh, " + beta,
            token,
            verdict::both_refuse,
            "but its apiVersion in the kubeconfig is client.authentication.k8s.io/v1beta1"
        ),
        exec(
            "exec_that_prints_half_a_pair",
            "command: ./login.sh, " + v1,
            plugin(R"("clientCertificateData": "$CERT_JSON")"),
            verdict::both_refuse,
            "printed only one of"
        ),
        exec(
            "exec_that_prints_no_credential",
            "command: ./login.sh, " + v1,
            plugin(""),
            verdict::both_refuse,
            "printed neither a token nor a client certificate"
        ),
        one("exec_as_a_text",
            kubeconfig(trusted, "exec: login"),
            verdict::both_refuse,
            "exec of the user is a text, but must be a map"),
    };
}

}  // namespace

std::vector<corpus_case> cases_of_plugins()
{
    auto all = cases_that_work();
    const auto refused = cases_that_are_refused();
    all.insert(all.end(), refused.begin(), refused.end());
    return all;
}

}  // namespace kubeconfigs
