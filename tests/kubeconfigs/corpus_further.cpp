#include "kubeconfigs/corpus.hpp"

namespace kubeconfigs {
namespace {

std::string with_crlf(const std::string& text)
{
    std::string changed;
    for (const char c : text)
    {
        changed += c == '\n' ? "\r\n" : std::string(1, c);
    }
    return changed;
}

}  // namespace

// Kinds that the table did not have when it was written.
std::vector<corpus_case> cases_of_odd_machines()
{
    const std::string good = kubeconfig(trusted, "token: canary");
    const auto at = [](const std::string& path) {
        return kubeconfig(
            "server: \"$SERVER" + path + "\", certificate-authority-data: $CA_DATA", "token: canary"
        );
    };
    return {
        one("written_on_windows", "\xef\xbb\xbf" + with_crlf(good)),
        one("yaml_directive", "%YAML 1.2\n---\n" + good, verdict::kubectl_refuses),
        one("tabs",
            "current-context:\tc\ncontexts:\n\t- name: c\n",
            verdict::both_refuse,
            "is not YAML (line 3); YAML allows no tabs for indentation, use spaces"),
        one("control_character",
            "# \x01\n" + good,
            verdict::both_refuse,
            "holds a control character (line 1); remove it"),
        one("nul_character",
            good + std::string("# \0\n", 4),
            verdict::both_refuse,
            "holds a control character (line 5)"),
        one("no_utf8", "# \xff\n" + good, verdict::both_refuse, "is not UTF-8"),
        one("json_with_a_comma_too_many",
            "{\"current-context\": \"c\", \"contexts\": [], }",
            verdict::both_refuse,
            "has no context \"c\"; it has: none"),
        one("variable_in_a_value", kubeconfig(trusted, "token: \"$NOBODY\"")),
        one("home_folder_as_a_tilde",
            kubeconfig("server: $SERVER, certificate-authority: ~/ca.crt", "token: canary"),
            verdict::both_refuse,
            "/~/ca.crt: No such file or directory"),
        one("names_of_other_letters",
            "current-context: \"arn:aws:eks:eu:1:cluster/\\u00e9 \\u4e2d\"\ncontexts: [{name: "
            "\"arn:aws:eks:eu:1:cluster/\\u00e9 \\u4e2d\", context: "
            "{cluster: k, user: u}}]\nclusters: [{name: k, cluster: {" +
                trusted + "}}]\nusers: [{name: u, user: {token: canary}}]\n"),
        one("empty_texts_as_credentials",
            kubeconfig(
                trusted, "token: \"\", tokenFile: ~, username: \"\", password: null, client-key-data: \"\""
            ),
            verdict::kubectl_refuses,
            "the user has no credential; requests are anonymous"),
        one("empty_texts_beside_a_token",
            kubeconfig(trusted, "token: canary, client-certificate: ~, client-key-data: \"\", exec: ~")),
        one("password_that_is_null", kubeconfig(trusted, "username: me, password: null")),
        one("exec_that_is_empty",
            kubeconfig(trusted, "exec: {}"),
            verdict::both_refuse,
            "command of exec is missing"),
        one("server_with_a_slash_at_its_end", at("/")),
        one("server_with_dots_in_its_path", at("/a/../b/./c")),
        one("server_with_slashes_in_its_path", at("//a//b")),
        one("server_with_an_encoded_path", at("/a%20b")),
        one("server_with_an_encoded_slash", at("/a%2Fb"), verdict::differs),
        one("server_with_a_blank_in_its_path",
            at("/a b"),
            verdict::we_refuse,
            "holds characters that must be percent-encoded"),
        one("server_as_a_mapped_address",
            kubeconfig(
                "server: \"https://[::ffff:127.0.0.1]:$PORT\", certificate-authority-data: $CA_DATA",
                "token: canary"
            ),
            verdict::we_refuse,
            "certificate is not for ::ffff:127.0.0.1"),
        one("server_with_a_backslash",
            kubeconfig("server: 'https:\\\\$HOST', certificate-authority-data: $CA_DATA", "token: canary"),
            verdict::both_refuse,
            "has no valid host and port"),
    };
}

}  // namespace kubeconfigs
