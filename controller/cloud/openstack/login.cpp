#include "cloud/openstack/login.hpp"

#include "cloud/json.hpp"
#include "cloud/openstack/errors.hpp"
#include "support/base64.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace cloud::openstack {
namespace {

constexpr std::size_t largest_answer = 1 << 20;

nlohmann::json as_json(const named_object& object)
{
    if (!object.id.empty())
    {
        return nlohmann::json{{"id", object.id}};
    }
    nlohmann::json domain{{"name", object.domain_name}};
    if (!object.domain_id.empty())
    {
        domain = nlohmann::json{{"id", object.domain_id}};
    }
    return nlohmann::json{{"name", object.name}, {"domain", std::move(domain)}};
}

error give_up(failure kind, std::string message)
{
    return {.kind = kind, .message = std::move(message), .refs = {}, .retry_after = std::nullopt};
}

// "name=value&", in the encoding of HTML forms.
void add_field(std::string& form, std::string_view name, std::string_view value)
{
    form += form.empty() ? "" : "&";
    form += name;
    form += '=';
    std::string encoded = net::percent_encode(value);
    for (auto space = encoded.find("%20"); space != std::string::npos; space = encoded.find("%20", space + 1))
    {
        encoded.replace(space, 3, "+");
    }
    form += encoded;
    support::wipe(encoded);
}

// The words of RFC 6749 section 5.2. Any other text of the provider might repeat what was sent.
std::string reason_in(const net::http_response& answer)
{
    constexpr std::array<std::string_view, 6> reasons{
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope"
    };
    const auto reason = text_member(parse_json(answer.body), "error");
    return reason && std::ranges::find(reasons, *reason) != reasons.end() ? ": " + *reason : "";
}

// A federated login, one request after the other.
class federated_login
{
public:
    federated_login(net::http_client& http, const cloud_entry& entry, support::time_point deadline)
        : http_(http), entry_(entry), login_(*entry.federated), deadline_(deadline)
    {}

    support::task<answer<support::secret>> unscoped_token()
    {
        support::secret presented = entry_.secret;
        if (login_.by != federation::grant::access_token)
        {
            auto endpoint = co_await token_endpoint();
            if (!endpoint)
            {
                co_return std::unexpected(endpoint.error());
            }
            auto token = co_await access_token(*endpoint);
            if (!token)
            {
                co_return token;
            }
            presented = std::move(*token);
        }
        co_return co_await exchange(presented);
    }

private:
    net::http_request request_to(const net::url& url, std::string method) const
    {
        net::http_request request;
        request.method = std::move(method);
        request.service = "identity-provider";
        request.origin = url.origin;
        request.target = (url.path.empty() ? "/" : url.path) + (url.query.empty() ? "" : "?" + url.query);
        request.headers = {{"Accept", "application/json"}};
        request.tls = entry_.tls;
        request.deadline = deadline_;
        request.max_response_bytes = largest_answer;
        request.fresh_connection = true;
        request.sensitive = true;
        return request;
    }

    // The answer of the provider, if it is a 2xx.
    support::task<answer<net::http_response>> ask_provider(net::http_request request, std::string url)
    {
        const std::string who = "the identity provider at " + url;
        auto answered = co_await http_.send(std::move(request));
        if (!answered)
        {
            error why = give_up(failure::transient, who + ": " + answered.error().message);
            why.misdirected = answered.error().misdirected;
            co_return std::unexpected(std::move(why));
        }
        const int status = answered->status;
        if (status >= 200 && status < 300)
        {
            co_return std::move(*answered);
        }
        const bool refused = status == 400 || status == 401 || status == 403;
        error why = give_up(
            refused ? failure::credentials_invalid : failure::transient,
            who + " answers " + std::to_string(status) + reason_in(*answered) +
                (refused ? "; check the auth of cloud \"" + entry_.cloud + "\" in clouds.yaml" : "")
        );
        why.retry_after = net::retry_after(answered->headers);
        co_return std::unexpected(std::move(why));
    }

    std::string_view grant_type() const
    {
        return login_.by == federation::grant::password ? "password" : "client_credentials";
    }

    // The discovery document is read even if the entry names the endpoint, because it tells the grants.
    support::task<answer<net::url>> token_endpoint()
    {
        if (!login_.discovery_endpoint)
        {
            co_return *login_.token_endpoint;
        }
        const std::string source = login_.discovery_endpoint->str();
        auto answered = co_await ask_provider(request_to(*login_.discovery_endpoint, "GET"), source);
        if (!answered)
        {
            co_return std::unexpected(answered.error());
        }
        const auto document = parse_json(answered->body);
        const auto& grants = member(document, "grant_types_supported");
        const bool offered = std::ranges::any_of(grants, [this](const nlohmann::json& grant) {
            return grant.is_string() && grant.get_ref<const std::string&>() == grant_type();
        });
        if (grants.is_array() && !grants.empty() && !offered)
        {
            co_return std::unexpected(give_up(
                failure::credentials_invalid,
                "the identity provider at " + source + " does not offer the grant " +
                    std::string(grant_type())
            ));
        }
        if (login_.token_endpoint)
        {
            co_return *login_.token_endpoint;
        }
        co_return discovered_endpoint(document, source);
    }

    answer<net::url> discovered_endpoint(const nlohmann::json& document, const std::string& source) const
    {
        const std::string who = "the discovery document at " + source;
        const auto text = text_member(document, "token_endpoint");
        const auto url = text ? net::parse_url(*text) : support::fail(support::errc::invalid, "");
        if (!url)
        {
            return std::unexpected(give_up(failure::transient, who + " names no usable token_endpoint"));
        }
        if (entry_.keystone.origin.tls && !url->origin.tls)
        {
            return std::unexpected(give_up(
                failure::credentials_invalid,
                who + " names an http token_endpoint; no password is sent over http"
            ));
        }
        if (login_.of_one_host && url->origin != login_.discovery_endpoint->origin)
        {
            return std::unexpected(give_up(
                failure::credentials_invalid,
                who + " names a token_endpoint of another host; name it with auth.access_token_endpoint"
            ));
        }
        return *url;
    }

    support::task<answer<support::secret>> access_token(net::url endpoint)
    {
        auto request = request_to(endpoint, "POST");
        request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
        if (login_.by == federation::grant::password)
        {
            add_field(request.body, "username", login_.username);
            add_field(request.body, "password", entry_.secret.reveal());
        }
        add_field(request.body, "scope", login_.scope);
        add_field(request.body, "grant_type", grant_type());
        if (login_.client_secret.empty())
        {
            add_field(request.body, "client_id", login_.client_id);
        }
        else
        {
            std::string pair = login_.client_id + ":" + login_.client_secret.reveal();
            request.headers.push_back({"Authorization", "Basic " + support::encode_base64(pair)});
            support::wipe(pair);
        }
        const std::string source = endpoint.str();
        auto answered = co_await ask_provider(std::move(request), source);
        if (!answered)
        {
            co_return std::unexpected(answered.error());
        }
        auto token = text_member(parse_json(answered->body), login_.token_member);
        support::wipe(answered->body);
        if (!token || token->empty() || !is_header_text(*token))
        {
            co_return std::unexpected(give_up(
                failure::transient,
                "the identity provider at " + source + " answers without " + login_.token_member
            ));
        }
        co_return support::secret(std::move(*token));
    }

    // A token goes into a header, so it must not end one.
    static bool is_header_text(const std::string& text)
    {
        return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
    }

    support::task<answer<support::secret>> exchange(support::secret presented)
    {
        net::url url = entry_.keystone;
        url.path += "/OS-FEDERATION/identity_providers/" + net::percent_encode(login_.identity_provider) +
                    "/protocols/" + net::percent_encode(login_.protocol) + "/auth";
        const question asked{
            .asked = service::keystone,
            .object = "cloud \"" + entry_.cloud + "\" at " + url.str(),
            .write = false
        };
        auto request = request_to(url, "POST");
        if (!is_header_text(presented.reveal()))
        {
            co_return std::unexpected(give_up(
                failure::credentials_invalid,
                "the access token of cloud \"" + entry_.cloud + "\" is not one word"
            ));
        }
        request.headers.push_back({"Authorization", "Bearer " + presented.reveal()});
        auto answered = co_await http_.send(std::move(request));
        if (!answered)
        {
            co_return std::unexpected(judge(asked, answered.error()));
        }
        if (auto refused = judge(asked, *answered, presented))
        {
            if (refused->kind == failure::credentials_invalid)
            {
                refused->message += "; check identity_provider, protocol and the token of the provider";
            }
            co_return std::unexpected(std::move(*refused));
        }
        support::secret token(std::string(net::find_header(answered->headers, "X-Subject-Token")));
        for (auto& header : answered->headers)
        {
            support::wipe(header.value);
        }
        if (token.empty() || !is_header_text(token.reveal()))
        {
            const std::string problem = token.empty() ? "missing" : "not one word";
            co_return std::unexpected(judge_odd(asked, "the header X-Subject-Token is " + problem));
        }
        co_return token;
    }

    net::http_client& http_;
    const cloud_entry& entry_;
    const federation& login_;
    support::time_point deadline_;
};

}  // namespace

std::string authentication_body(const cloud_entry& entry, const support::secret& proof)
{
    nlohmann::json body;
    auto& identity = body["auth"]["identity"];
    nlohmann::json* secret = nullptr;
    switch (entry.how)
    {
        case cloud_entry::login::password:
            identity["methods"] = {"password"};
            identity["password"]["user"] = as_json(entry.user);
            secret = &identity["password"]["user"]["password"];
            break;
        case cloud_entry::login::application_credential:
            identity["methods"] = {"application_credential"};
            secret = &identity["application_credential"]["secret"];
            if (entry.application_credential_id.empty())
            {
                identity["application_credential"]["name"] = entry.application_credential_name;
                identity["application_credential"]["user"] = as_json(entry.user);
            }
            else
            {
                identity["application_credential"]["id"] = entry.application_credential_id;
            }
            break;
        case cloud_entry::login::token:
        case cloud_entry::login::federated:
            identity["methods"] = {"token"};
            secret = &identity["token"]["id"];
            break;
    }
    if (entry.how != cloud_entry::login::application_credential)
    {
        body["auth"]["scope"]["project"] = as_json(entry.project);
    }
    *secret = proof.reveal();
    // Strict, so that no changed password is sent; the values are UTF-8 since they were read.
    std::string text = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::strict);
    support::wipe(secret->get_ref<std::string&>());
    return text;
}

bool proves_with_token(const cloud_entry& entry)
{
    return entry.how == cloud_entry::login::token || entry.how == cloud_entry::login::federated;
}

support::task<answer<support::secret>> obtain_proof(
    net::http_client& http, const cloud_entry& entry, support::time_point deadline
)
{
    if (entry.how != cloud_entry::login::federated)
    {
        co_return entry.secret;
    }
    federated_login login(http, entry, deadline);
    co_return co_await login.unscoped_token();
}

}  // namespace cloud::openstack
