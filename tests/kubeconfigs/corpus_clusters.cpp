#include "kubeconfigs/corpus.hpp"

namespace kubeconfigs {
namespace {

corpus_case cluster(
    std::string name, const std::string& text, verdict verdict = verdict::same, std::string says = {}
)
{
    return one(std::move(name), kubeconfig(text, "token: canary"), verdict, std::move(says));
}

// A cluster at this server, whose CA is trusted.
corpus_case at(
    std::string name, const std::string& server, verdict verdict = verdict::same, std::string says = {}
)
{
    return cluster(
        std::move(name),
        "server: \"" + server + "\", certificate-authority-data: $CA_DATA",
        verdict,
        std::move(says)
    );
}

std::vector<corpus_case> cases_of_servers()
{
    return {
        at("server_with_a_path", "$SERVER/k8s/clusters/c-1"),
        at("server_with_a_slash_at_the_end", "$SERVER/k8s/"),
        at("server_in_capitals", "HTTPS://$HOST"),
        at("server_by_name", "https://localhost:$PORT"),
        at("server_without_scheme",
           "$HOST",
           verdict::same,
           "server has no scheme, so it is reached by http://"),
        at("server_without_scheme_but_with_a_path",
           "$HOST/k8s",
           verdict::both_refuse,
           "has no scheme; write it as https://host:6443/path"),
        at("server_of_another_scheme", "ftp://$HOST", verdict::both_refuse, "is not an http or https URL"),
        at("server_with_a_blank_before_it",
           " $SERVER",
           verdict::both_refuse,
           "has white space around it; remove it"),
        at("server_with_a_blank_after_it",
           "$SERVER ",
           verdict::both_refuse,
           "has white space around it; remove it"),
        at("server_with_a_query",
           "$SERVER/k8s?timeout=5",
           verdict::same,
           "the query (?...) of server has no effect"),
        at("server_with_a_fragment", "$SERVER/k8s#here", verdict::we_refuse, "has a fragment (#...)"),
        at("server_with_a_user",
           "https://me:canary@$HOST",
           verdict::we_refuse,
           "credentials do not belong in a URL"),
        cluster(
            "no_server",
            "certificate-authority-data: $CA_DATA",
            verdict::both_refuse,
            "server of the cluster is missing; add its URL"
        ),
        cluster(
            "server_as_a_list",
            "server: [\"$SERVER\"]",
            verdict::both_refuse,
            "server of the cluster is a list, but must be a text"
        ),
        cluster(
            "plain_http",
            "server: \"http://$HOST\"",
            verdict::same,
            "no credential is sent, because http://$HOST is plain http"
        ),
        cluster(
            "plain_http_with_insecure",
            "server: \"http://$HOST/k8s\", insecure-skip-tls-verify: true",
            verdict::same,
            "no credential is sent"
        ),
        one("plain_http_without_user",
            "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\nclusters: [{name: k, cluster: "
            "{server: \"http://$HOST\"}}]\n"),
    };
}

std::vector<corpus_case> cases_of_trust()
{
    return {
        cluster("ca_in_a_file", "server: $SERVER, certificate-authority: ca.crt"),
        cluster("ca_in_a_file_with_a_full_path", "server: $SERVER, certificate-authority: $DIR/ca.crt"),
        cluster(
            "ca_in_a_missing_file",
            "server: $SERVER, certificate-authority: nowhere.crt",
            verdict::both_refuse,
            "nowhere.crt: No such file or directory"
        ),
        cluster(
            "ca_in_both_forms",
            "server: $SERVER, certificate-authority: ca.crt, certificate-authority-data: $CA_DATA",
            verdict::both_refuse,
            "are both given; remove one of them"
        ),
        cluster(
            "ca_in_base64_with_blanks",
            "server: $SERVER, certificate-authority-data: \"$CA_DATA \"",
            verdict::both_refuse,
            "certificate-authority-data is not base64"
        ),
        cluster(
            "ca_that_is_no_certificate",
            "server: $SERVER, certificate-authority-data: Y2FuYXJ5",
            verdict::both_refuse,
            "certificate-authority: "
        ),
        cluster(
            "ca_that_is_another_one",
            "server: $SERVER, certificate-authority-data: $CERT_DATA",
            verdict::both_refuse,
            "certificate"
        ),
        cluster("ca_of_the_system", "server: $SERVER", verdict::both_refuse, "certificate"),
        cluster(
            "insecure",
            "server: $SERVER, insecure-skip-tls-verify: true",
            verdict::we_refuse,
            "trust its certificate instead: openssl s_client -connect $HOST"
        ),
        cluster(
            "insecure_with_ca",
            trusted + ", insecure-skip-tls-verify: true",
            verdict::both_refuse,
            "remove insecure-skip-tls-verify, because the cluster has its CA: kubectl --kubeconfig "
            "$DIR/config "
            "config set-cluster k --insecure-skip-tls-verify=false"
        ),
        cluster(
            "insecure_in_quotes",
            trusted + ", insecure-skip-tls-verify: \"true\"",
            verdict::both_refuse,
            "but must be true or false"
        ),
        cluster("not_insecure", trusted + ", insecure-skip-tls-verify: off"),
        cluster("tls_server_name", trusted + ", tls-server-name: kubernetes"),
        cluster(
            "tls_server_name_of_another",
            trusted + ", tls-server-name: other.example.com",
            verdict::both_refuse,
            "certificate"
        ),
        cluster("disable_compression", trusted + ", disable-compression: true"),
        cluster(
            "extensions_of_a_cluster", trusted + ", extensions: [{name: minikube, extension: {version: v1}}]"
        ),
        cluster(
            "extensions_of_a_cluster_as_a_map",
            trusted + ", extensions: {name: minikube}",
            verdict::both_refuse,
            "extensions of the cluster is a map, but must be a list"
        ),
        cluster(
            "proxy_as_a_list",
            trusted + ", proxy-url: [\"http://$HOST\"]",
            verdict::both_refuse,
            "proxy-url of the cluster is a list, but must be a text"
        ),
        cluster(
            "unknown_key_of_a_cluster",
            trusted + ", certificate_authority: ca.crt",
            verdict::same,
            "unknown key certificate_authority of the cluster"
        ),
        cluster(
            "key_of_a_cluster_in_capitals",
            "Server: $SERVER",
            verdict::both_refuse,
            "server of the cluster is missing"
        ),
    };
}

}  // namespace

std::vector<corpus_case> cases_of_clusters()
{
    auto all = cases_of_servers();
    const auto trust = cases_of_trust();
    all.insert(all.end(), trust.begin(), trust.end());
    return all;
}

}  // namespace kubeconfigs
