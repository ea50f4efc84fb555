#include "kubeconfigs/corpus.hpp"

namespace kubeconfigs {
namespace {

corpus_case user(
    std::string name,
    const std::string& text,
    verdict verdict = verdict::same,
    std::string says = {},
    std::vector<corpus_file> more = {}
)
{
    auto made = one(std::move(name), kubeconfig(trusted, text), verdict, std::move(says));
    made.files.insert(made.files.end(), more.begin(), more.end());
    return made;
}

corpus_case over_http(std::string name, const std::string& text, std::string says = {})
{
    return one(std::move(name), kubeconfig("server: \"http://$HOST\"", text), verdict::same, std::move(says));
}

std::vector<corpus_case> cases_of_tokens()
{
    return {
        user("token", "token: canary"),
        user("token_with_a_blank_after_it", "token: \"canary \""),
        user("token_with_a_line_end", "token: \"canary\\n\"", verdict::kubectl_refuses),
        user("token_with_a_blank_before_it", "token: \" canary\"", verdict::differs),
        user(
            "token_of_two_words",
            "token: canary canary",
            verdict::we_refuse,
            "holds characters that a token cannot have"
        ),
        user("token_in_a_file", "tokenFile: secret/token", verdict::same, "", {{"secret/token", "canary"}}),
        user(
            "token_in_a_file_with_white_space",
            "tokenFile: token",
            verdict::same,
            "",
            {{"token", "\n canary \n"}}
        ),
        user(
            "token_in_an_empty_file",
            "tokenFile: token",
            verdict::both_refuse,
            "is empty; write the token into it",
            {{"token", ""}}
        ),
        user(
            "token_in_a_missing_file",
            "tokenFile: token",
            verdict::both_refuse,
            "token: No such file or directory"
        ),
        user(
            "token_and_its_file",
            "token: canary-old, tokenFile: token",
            verdict::same,
            "",
            {{"token", "canary-file"}}
        ),
        user("token_and_its_missing_file", "token: canary-old, tokenFile: token"),
        user(
            "unknown_key_of_a_user",
            "token: canary, tokenfile: token",
            verdict::same,
            "unknown key tokenfile of the user"
        ),
        user("extensions_of_a_user", "token: canary, extensions: [{name: tool, extension: {}}]"),
    };
}

std::vector<corpus_case> cases_of_certificates()
{
    return {
        user("certificate_in_files", "client-certificate: me.crt, client-key: $DIR/me.key"),
        user("certificate_in_base64", "client-certificate-data: $CERT_DATA, client-key-data: $KEY_DATA"),
        user(
            "certificate_in_a_file_and_key_in_base64",
            "client-certificate: me.crt, client-key-data: $KEY_DATA"
        ),
        user("certificate_and_token", "client-certificate: me.crt, client-key: me.key, token: canary"),
        user(
            "certificate_in_both_forms",
            "client-certificate: me.crt, client-certificate-data: $CERT_DATA, client-key: me.key",
            verdict::both_refuse,
            "are both given; remove one of them"
        ),
        user(
            "key_in_both_forms",
            "client-certificate: me.crt, client-key: me.key, client-key-data: $KEY_DATA",
            verdict::both_refuse,
            "are both given; remove one of them"
        ),
        user(
            "certificate_without_key",
            "client-certificate: me.crt",
            verdict::both_refuse,
            "client-certificate and client-key belong together"
        ),
        user(
            "key_without_certificate",
            "client-key: me.key, token: canary",
            verdict::we_refuse,
            "client-certificate and client-key belong together"
        ),
        user(
            "key_of_another_certificate",
            "client-certificate-data: $CA_DATA, client-key: me.key",
            verdict::both_refuse,
            "the private key does not belong to the certificate"
        ),
        user(
            "certificate_in_a_missing_file",
            "client-certificate: nowhere.crt, client-key: me.key",
            verdict::both_refuse,
            "nowhere.crt: No such file or directory"
        ),
        over_http(
            "certificate_over_http", "client-certificate: me.crt, client-key: me.key", "no credential is sent"
        ),
    };
}

std::vector<corpus_case> cases_of_logins()
{
    // An ID token without end.
    const std::string jwt = "eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTksImlzcyI6ImgifQ.c2ln";
    return {
        user("username_and_password", "username: me, password: canary"),
        user("username_alone", "username: me"),
        user(
            "password_alone",
            "password: canary",
            verdict::both_refuse,
            "the user has a password, but no username"
        ),
        user(
            "username_and_token",
            "username: me, password: canary, token: canary",
            verdict::both_refuse,
            "the user has a token and a username; remove one of them"
        ),
        user(
            "username_and_token_file",
            "username: me, tokenFile: token",
            verdict::both_refuse,
            "the user has a token and a username; remove one of them",
            {{"token", "canary"}}
        ),
        user(
            "username_and_certificate",
            "username: me, password: canary, client-certificate: me.crt, client-key: me.key"
        ),
        user(
            "auth_provider_gcp", "auth-provider: {name: gcp}", verdict::both_refuse, "gke-gcloud-auth-plugin"
        ),
        user(
            "auth_provider_azure",
            "auth-provider: {name: azure, config: {}}",
            verdict::both_refuse,
            "kubelogin convert-kubeconfig"
        ),
        user(
            "auth_provider_oidc",
            "auth-provider: {name: oidc, config: {idp-issuer-url: \"https://h\", client-id: i, id-token: " +
                jwt + "}}",
            verdict::we_refuse,
            "the user has auth-provider, which is not supported; write an exec plugin"
        ),
        user(
            "auth_provider_unknown",
            "auth-provider: {name: canary}",
            verdict::both_refuse,
            "the user has auth-provider, which is not supported"
        ),
        over_http("auth_provider_over_http", "auth-provider: {name: gcp}", "no credential is sent"),
        over_http("username_over_http", "username: me, password: canary", "no credential is sent"),
    };
}

std::vector<corpus_case> cases_of_impersonation()
{
    return {
        user(
            "no_credential",
            "as: , token: null",
            verdict::kubectl_refuses,
            "the user has no credential; requests are anonymous"
        ),
        user(
            "no_credential_and_as",
            "as: jane",
            verdict::kubectl_refuses,
            "the user has no credential; requests are anonymous"
        ),
        over_http("no_credential_over_http", ""),
        user("as", "token: canary, as: jane"),
        user("as_a_service_account", "token: canary, as: \"system:serviceaccount:shop:robot\""),
        user(
            "as_with_everything",
            "token: canary, as: jane, as-uid: '7', as-groups: [a, 'b c'], as-user-extra: {scopes: [u, v], "
            "empty: []}"
        ),
        user("as_with_odd_extra", "token: canary, as: jane, as-user-extra: {\"example.com/a%b c\": [w]}"),
        user("as_with_umlauts", "token: canary, as: \"j\\u00fcrgen\""),
        user(
            "as_groups_without_as",
            "token: canary, as-groups: [a]",
            verdict::both_refuse,
            "as-uid, as-groups and as-user-extra need the user of as"
        ),
        user(
            "as_uid_without_as",
            "token: canary, as-uid: '7'",
            verdict::both_refuse,
            "as-uid, as-groups and as-user-extra need the user of as"
        ),
        user(
            "as_extra_without_as",
            "token: canary, as-user-extra: {k: [w]}",
            verdict::both_refuse,
            "as-uid, as-groups and as-user-extra need the user of as"
        ),
        user(
            "as_groups_as_a_text",
            "token: canary, as: jane, as-groups: a",
            verdict::both_refuse,
            "as-groups of the user is a text, but must be a list"
        ),
        user(
            "as_with_a_line_end",
            "token: canary, as: \"jane\\nroot\"",
            verdict::both_refuse,
            "holds characters that a header cannot have"
        ),
        over_http("as_over_http", "as: jane, as-groups: [a]"),
    };
}

}  // namespace

std::vector<corpus_case> cases_of_users()
{
    auto all = cases_of_tokens();
    for (auto part : {cases_of_certificates(), cases_of_logins(), cases_of_impersonation()})
    {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

}  // namespace kubeconfigs
