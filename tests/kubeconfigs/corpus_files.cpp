#include "kubeconfigs/corpus.hpp"

namespace kubeconfigs {
namespace {

const std::string good = kubeconfig(trusted, "token: canary");

corpus_case list(
    std::string name,
    std::string variable,
    std::vector<corpus_file> files,
    verdict verdict = verdict::same,
    std::string says = {}
)
{
    return {std::move(name), std::move(files), verdict, std::move(says), std::move(variable)};
}

std::vector<corpus_case> cases_of_lists()
{
    const std::string first = R"(
contexts: [{name: c, context: {cluster: k, user: u}}]
users: [{name: u, user: {token: canary-first}}]
)";
    const std::string second = R"(
current-context: c
contexts: [{name: c, context: {cluster: other}}]
clusters: [{name: k, cluster: {server: "$SERVER", certificate-authority: pki/ca.crt}}]
users: [{name: u, user: {token: canary-second, as: jane}}]
)";
    const std::string third = "current-context: other\n";
    return {
        list(
            "list_first_of_a_name_wins",
            "$DIR/1:$DIR/2/2:$DIR/3",
            {{"1", first}, {"2/2", second}, {"3", third}, {"2/pki/ca.crt", "$CA_PEM"}}
        ),
        list("list_with_an_empty_file", "$DIR/empty:$DIR/config", {{"empty", ""}, {"config", good}}),
        list("list_with_a_comment", "$DIR/comment:$DIR/config", {{"comment", "# mine\n"}, {"config", good}}),
        list("list_with_a_null", "$DIR/null:$DIR/config", {{"null", "~\n"}, {"config", good}}),
        list("list_with_dev_null", "/dev/null:$DIR/config", {{"config", good}}),
        list("list_with_a_missing_file", "$DIR/nowhere::$DIR/config:", {{"config", good}}),
        list("list_with_a_file_twice", "$DIR/config:$DIR/config", {{"config", good}}),
        list(
            "list_with_a_folder",
            "$DIR:$DIR/config",
            {{"config", good}},
            verdict::both_refuse,
            "Is a directory"
        ),
        list(
            "list_with_a_broken_file",
            "$DIR/config:$DIR/broken",
            {{"config", good}, {"broken", "a: [\n"}},
            verdict::both_refuse,
            "is not YAML"
        ),
        list("list_without_any_file", "$DIR/nowhere", {}, verdict::both_refuse, "no kubeconfig: "),
        list(
            "relative_kubeconfig",
            "here/config",
            {{"here/config", kubeconfig("server: $SERVER, certificate-authority: ../ca.crt", "token: canary")}
            }
        ),
        {"flag_wins_over_the_variable",
         {{"config", good}, {"other", kubeconfig(trusted, "token: canary-other")}},
         verdict::same,
         "",
         "$DIR/other",
         "$DIR/config"},
        {"flag_of_a_missing_file",
         {{"config", good}},
         verdict::both_refuse,
         "No such file or directory",
         "$DIR/config",
         "$DIR/nowhere"},
        {"file_in_the_home_folder", {{".kube/config", good}}, verdict::same, "", "-"},
    };
}

std::vector<corpus_case> cases_of_contexts()
{
    const std::string two = R"(
contexts: [{name: a, context: {cluster: k, user: a}}, {name: b, context: {cluster: k, user: b}}]
clusters: [{name: k, cluster: {server: "$SERVER", certificate-authority-data: $CA_DATA}}]
users: [{name: a, user: {token: canary-a}}, {name: b, user: {token: canary-b}}]
)";
    const auto context = [](const std::string& text) {
        return "current-context: c\ncontexts: [{name: c, context: {" + text +
               "}}]\nclusters: [{name: k, cluster: {" + trusted +
               "}}]\nusers: [{name: u, user: {token: canary}}]\n";
    };
    return {
        {"context_of_the_flag", {{"config", "current-context: a\n" + two}}, verdict::same, "", "", "", "b"},
        {"unknown_context_of_the_flag",
         {{"config", "current-context: a\n" + two}},
         verdict::both_refuse,
         "has no context \"z\"; it has: a, b",
         "",
         "",
         "z"},
        one("no_current_context", two, verdict::both_refuse, "choose one with --context: a, b"),
        one("unknown_current_context",
            "current-context: z\n" + two,
            verdict::both_refuse,
            "has no context \"z\""),
        one("namespace", context("cluster: k, user: u, namespace: shop")),
        one("extensions_of_a_context",
            context("cluster: k, user: u, extensions: [{name: minikube, extension: {version: v1}}]")),
        one("unknown_key_of_a_context",
            context("cluster: k, user: u, Namespace: shop"),
            verdict::same,
            "unknown key Namespace of the context"),
        one("unknown_cluster",
            context("cluster: z, user: u"),
            verdict::both_refuse,
            "there is no cluster \"z\"; there are: k"),
        one("unknown_user",
            context("cluster: k, user: z"),
            verdict::both_refuse,
            "there is no user \"z\"; there are: u"),
        one("no_user_over_https",
            context("cluster: k"),
            verdict::kubectl_refuses,
            "the context has no user; requests are anonymous"),
        one("unnamed_user",
            "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\nclusters: [{name: k, cluster: "
            "{" +
                trusted + "}}]\nusers: [{user: {token: canary}}]\n"),
    };
}

std::vector<corpus_case> cases_of_yaml()
{
    const std::string block = R"(apiVersion: v1
kind: Config
preferences:
  colors: true
  extensions: []
extensions:
- name: tool
  extension: {a: 1}
current-context: admin@k
contexts:
- context:
    cluster: k
    user: admin
  name: admin@k
clusters:
- cluster:
    certificate-authority-data: |
      $CA_LINES
    server: $SERVER
  name: k
users:
- name: admin
  user:
    token: canary
)";
    const auto of_user = [](const std::string& user) { return kubeconfig(trusted, user); };
    return {
        one("as_kubectl_writes_it", block),
        one("json", R"({"apiVersion": "v1", "kind": "Config", "current-context": "c",
"contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
"clusters": [{"name": "k", "cluster": {"server": "$SERVER", "certificate-authority-data": "$CA_DATA"}}],
"users": [{"name": "u", "user": {"token": "canary"}}]})"),
        one("another_kind",
            "kind: Secret\n" + good,
            verdict::both_refuse,
            "a kubeconfig has kind Config and apiVersion v1"),
        one("another_api_version",
            "apiVersion: v2\n" + good,
            verdict::both_refuse,
            "a kubeconfig has kind Config and apiVersion v1"),
        one("unknown_key_of_the_file", "cluster: k\n" + good, verdict::same, "the unknown key cluster of "),
        one("second_document", good + "---\ncurrent-context: z\n", verdict::same, "the first alone counts"),
        one("second_map_without_separator",
            "{current-context: c}\n{}\n",
            verdict::both_refuse,
            "has text behind its end; remove it"),
        one("brace_behind_the_end", good + "}\n", verdict::both_refuse, "is not YAML (line 5)"),
        one("null_before_the_first_document", "---\n---\n" + good, verdict::both_refuse, "is not a YAML map"),
        one("list_of_documents", "- a\n", verdict::both_refuse, "is not a YAML map"),
        one("nothing_at_all", "", verdict::both_refuse, "is not a YAML map"),
        one("broken_yaml", good + "users: [", verdict::both_refuse, "is not YAML (line "),
        one("map_in_place_of_a_list",
            "users: {u: {token: canary}}\n",
            verdict::both_refuse,
            "users of the file is a map, but must be a list"),
        one("key_twice",
            of_user("token: canary-1, token: canary-2"),
            verdict::we_refuse,
            "gives the key token twice; remove one of them"),
        one("name_twice",
            of_user("token: canary-1}}, {name: u, user: {token: canary-2"),
            verdict::both_refuse,
            "two entries of the name \"u\""),
        one("number_as_token",
            of_user("token: 0123"),
            verdict::both_refuse,
            "token of the user is a number, but must be a text; put it in quotes"),
        one("yes_as_name", of_user("token: canary, as: yes"), verdict::both_refuse, "put it in quotes"),
        one("date_as_token", of_user("token: 2026-11-24")),
        one("number_in_quotes_as_token", of_user("token: '0123'")),
        one("tagged_number_as_token", of_user("token: !!str 0123")),
        one("null_entry",
            "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nclusters: [null, "
            "{name: k, cluster: {" +
                trusted + "}}]\nusers: [{name: u, user: {token: canary, exec: null, username: ~, as: }}]\n"),
        one("fault_in_an_entry_that_is_not_used",
            of_user("token: canary}}, {name: v, user: {token: 7"),
            verdict::kubectl_refuses),
        one("merge_key",
            "d: &d {token: canary-merged, as: jane}\n" + of_user("<<: *d, token: canary-own"),
            verdict::same,
            "the unknown key d of "),
        one("merge_key_after_the_own_key",
            "d: &d {token: canary-merged, as: jane}\n" + of_user("token: canary-own, <<: *d"),
            verdict::same,
            "the unknown key d of "),
        one("merge_key_with_a_list",
            "d: &d {token: canary-d}\ne: &e {token: canary-e, as: jane}\n" + of_user("<<: [*d, *e]"),
            verdict::same,
            "the unknown key d of "),
        one("merge_key_twice",
            "d: &d {token: canary-d}\ne: &e {token: canary-e}\n" + of_user("<<: *d, <<: *e"),
            verdict::we_refuse,
            "gives a merge key (<<) twice; give one << a list, <<: [*a, *b]"),
        one("merge_key_of_a_text",
            of_user("<<: canary, token: t"),
            verdict::both_refuse,
            "merges (<<) what is not a map"),
        one("alias",
            "current-context: &c c\ncontexts: [{name: *c, context: {cluster: k, user: *c}}]\nclusters: "
            "[{name: k, cluster: {" +
                trusted + "}}]\nusers: [{name: *c, user: {token: canary}}]\n"),
    };
}

}  // namespace

std::vector<corpus_case> cases_of_files()
{
    auto all = cases_of_lists();
    for (auto part : {cases_of_contexts(), cases_of_yaml()})
    {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

}  // namespace kubeconfigs
