#include "cloud/openstack/barbican.hpp"

#include "net/certificates/x509.hpp"
#include "support/parallel.hpp"
#include "support/secret.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

namespace cloud::openstack {
namespace {

constexpr std::size_t largest_metadata = 256 << 10;
// Barbican stores up to 20,000 bytes by default.
constexpr std::size_t largest_payload = 256 << 10;
constexpr std::size_t parts_at_once = 4;
constexpr std::size_t most_payloads = 4096;
constexpr std::string_view never_complete =
    ", and a container cannot be changed; set spec.certificateId to a complete one";

question about(std::string object)
{
    return {.asked = service::barbican, .object = std::move(object), .write = false};
}

// "the part private_key (secret <id>)"
std::string in_words(const container_part& part)
{
    return "the part " + support::clean(part.name, 64) + " (secret " + part.secret.str() + ")";
}

// Says why a secret cannot be used yet.
std::string shortcoming(const secret_metadata& secret)
{
    return secret.status == "ACTIVE" ? "has no payload yet" : "is " + support::clean(secret.status, 64);
}

// The state of a ref whose look-up failed. A refused token makes it unknown, because such a failure does not
// pass by itself.
ref_state state_of(const error& failed)
{
    switch (failed.kind)
    {
        case failure::not_found:
            return ref_state::dead;
        case failure::transient:
        case failure::rate_limited:
            return ref_state::unanswered;
        default:
            return ref_state::unknown;
    }
}

}  // namespace

// Only Barbican knows whether the id is that of a container or of a secret. Most projects have one kind, so
// the kind that was found last is asked for first.
support::task<answer<certificate>> barbican::get_certificate(
    std::string region, support::uuid id, std::optional<support::wall_time> known_expires_at
)
{
    bool is_secret = found_secret_last_;
    auto read = co_await get_as(is_secret, region, id, known_expires_at);
    if (!read && read.error().kind == failure::not_found)
    {
        is_secret = !is_secret;
        read = co_await get_as(is_secret, region, id, known_expires_at);
    }
    if (read)
    {
        found_secret_last_ = is_secret;
    }
    else if (read.error().kind == failure::not_found)
    {
        read.error().message = "Barbican has no container and no secret " + id.str();
    }
    co_return read;
}

support::task<answer<certificate>> barbican::get_as(
    bool is_secret, std::string region, support::uuid id, std::optional<support::wall_time> known_expires_at
)
{
    return is_secret ? get_from_secret(std::move(region), id, known_expires_at)
                     : get_from_container(std::move(region), id, known_expires_at);
}

support::task<answer<certificate>> barbican::get_from_container(
    std::string region, support::uuid id, std::optional<support::wall_time> known_expires_at
)
{
    auto metadata = co_await get_container(region, id);
    if (!metadata)
    {
        co_return std::unexpected(std::move(metadata.error()));
    }
    auto read = co_await certificate_of(region, std::move(*metadata), !known_expires_at);
    if (read && known_expires_at)
    {
        read->expires_at = known_expires_at;
    }
    co_return read;
}

support::task<answer<certificate>> barbican::get_from_secret(
    std::string region, support::uuid id, std::optional<support::wall_time> known_expires_at
)
{
    auto secret = co_await get_secret(region, id);
    if (!secret)
    {
        co_return std::unexpected(std::move(secret.error()));
    }
    certificate read{
        .container_ref = secret->ref,
        .status = secret->status,
        .usable = secret->is_usable(),
        .missing = secret->is_usable() ? "" : "secret " + id.str() + " " + shortcoming(*secret),
        .hopeless = false,
        .expires_at = known_expires_at,
        .doubt = {}
    };
    if (read.usable && (!known_expires_at || payloads_.contains(id)))
    {
        const auto facts = co_await read_payload(region, id, secret->content_type);
        read.expires_at = known_expires_at ? known_expires_at : facts.expires_at;
        // Octavia reads a secret as a PKCS12 bundle.
        read.doubt = facts.no_bundle;
    }
    co_return read;
}

support::task<answer<certificate>> barbican::certificate_of(
    std::string region, container metadata, bool wants_expiry
)
{
    certificate read{
        .container_ref = metadata.ref,
        .status = metadata.status,
        .usable = false,
        .missing = {},
        .hopeless = false,
        .expires_at = {},
        .doubt = {}
    };
    if (!metadata.is_certificate())
    {
        read.missing =
            "the container is of type \"" + support::clean(metadata.type, 64) + "\", not \"certificate\"";
        read.hopeless = true;
        co_return read;
    }
    if (const auto missing = metadata.missing_part(); !missing.empty())
    {
        read.missing = "the container lists no " + std::string(missing) + std::string(never_complete);
        read.hopeless = true;
        co_return read;
    }
    if (metadata.status != "ACTIVE")
    {
        read.missing = "the container is " + support::clean(metadata.status, 64);
        co_return read;
    }
    // A container is usable only if all its parts are.
    auto secrets = co_await get_parts(region, metadata.parts);
    for (std::size_t i = 0; i < secrets.size(); ++i)
    {
        auto& secret = secrets[i];
        if (!secret && secret.error().kind != failure::not_found)
        {
            secret.error().message = in_words(metadata.parts[i]) + ": " + secret.error().message;
            co_return std::unexpected(std::move(secret.error()));
        }
        if (read.missing.empty() && (!secret || !secret->is_usable()))
        {
            read.missing = in_words(metadata.parts[i]) + " " +
                           (secret ? shortcoming(*secret) : "does not exist" + std::string(never_complete));
            read.hopeless = !secret;
        }
    }
    read.usable = read.missing.empty();
    if (read.usable && wants_expiry)
    {
        const auto* part = metadata.find("certificate");
        const auto& secret = secrets[static_cast<std::size_t>(part - metadata.parts.data())];
        const auto facts = co_await read_payload(region, part->secret, secret->content_type);
        read.expires_at = facts.expires_at;
    }
    co_return read;
}

support::task<ref_state> barbican::look_up(std::string region, container_ref ref)
{
    const auto name = ref.name();
    if (!name)
    {
        co_return ref_state::unknown;
    }
    if (name->kind == ref_kind::container)
    {
        co_return co_await look_up_container(region, name->id);
    }
    const auto secret = co_await get_secret(region, name->id);
    if (!secret)
    {
        co_return state_of(secret.error());
    }
    co_return secret->is_usable() ? ref_state::readable : ref_state::unknown;
}

support::task<ref_state> barbican::look_up_container(std::string region, support::uuid id)
{
    const auto metadata = co_await get_container(region, id);
    if (!metadata)
    {
        co_return state_of(metadata.error());
    }
    if (!metadata->is_certificate())
    {
        co_return ref_state::unknown;
    }
    if (!metadata->missing_part().empty())
    {
        co_return ref_state::dead;
    }
    const auto secrets = co_await get_parts(region, metadata->parts);
    auto worst = metadata->status == "ACTIVE" ? ref_state::readable : ref_state::unknown;
    for (const auto& secret : secrets)
    {
        const auto state = !secret               ? state_of(secret.error())
                           : secret->is_usable() ? ref_state::readable
                                                 : ref_state::unknown;
        worst = std::max(worst, state);
    }
    co_return worst;
}

support::task<answer<container>> barbican::get_container(std::string region, support::uuid id)
{
    const auto asked = about("container " + id.str());
    service_request request{.path = "/containers/" + id.str(), .max_response_bytes = largest_metadata};
    auto answered = co_await services_.send(asked, region, std::move(request));
    if (!answered)
    {
        co_return std::unexpected(std::move(answered.error()));
    }
    auto metadata = read_container(answered->body, id);
    if (!metadata)
    {
        co_return std::unexpected(judge_odd(asked, metadata.error()));
    }
    co_return std::move(*metadata);
}

support::task<answer<secret_metadata>> barbican::get_secret(std::string region, support::uuid id)
{
    const auto asked = about("secret " + id.str());
    service_request request{.path = "/secrets/" + id.str(), .max_response_bytes = largest_metadata};
    auto answered = co_await services_.send(asked, region, std::move(request));
    if (!answered)
    {
        co_return std::unexpected(std::move(answered.error()));
    }
    auto secret = read_secret(answered->body, id);
    if (!secret)
    {
        co_return std::unexpected(judge_odd(asked, secret.error()));
    }
    co_return std::move(*secret);
}

support::task<std::vector<answer<secret_metadata>>> barbican::get_parts(
    std::string region, std::vector<container_part> parts
)
{
    std::vector<answer<secret_metadata>> secrets(parts.size());
    std::vector<std::function<support::task<>()>> jobs;
    jobs.reserve(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i)
    {
        // run_all keeps the captured values until the coroutine has ended.
        // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines)
        jobs.emplace_back([this, region, id = parts[i].secret, into = &secrets[i]]() -> support::task<> {
            *into = co_await get_secret(region, id);
        });
    }
    co_await support::run_all(std::move(jobs), parts_at_once);
    co_return secrets;
}

support::task<payload_facts> barbican::facts_of(std::string payload)
{
    struct reading
    {
        std::string payload;
        payload_facts facts;
    };
    const auto read = std::make_shared<reading>(std::move(payload), payload_facts{});
    const auto turn = co_await payload_turn_.take();
    co_await offload_.run([read] {
        const auto not_after = net::certificate_not_after(read->payload);
        const bool is_pem = read->payload.contains("-----BEGIN ");
        support::wipe(read->payload);
        read->facts.expires_at = not_after ? std::optional(*not_after) : std::nullopt;
        read->facts.no_bundle = is_pem      ? "the payload is PEM, not a PKCS12 bundle"
                                : not_after ? ""
                                            : not_after.error().message;
    });
    co_return read->facts;
}

support::task<payload_facts> barbican::read_payload(
    std::string region, support::uuid id, std::string content_type
)
{
    if (const auto known = payloads_.find(id); known != payloads_.end())
    {
        co_return known->second;
    }
    // Barbican returns a payload only in the type in which it was stored. The type is chosen from known ones,
    // because an untrusted text must not become a header.
    service_request request{
        .path = "/secrets/" + id.str() + "/payload", .max_response_bytes = largest_payload
    };
    request.accept = content_type.starts_with("text/plain")          ? "text/plain"
                     : content_type.starts_with("application/pkcs8") ? "application/pkcs8"
                                                                     : "application/octet-stream";
    auto answered =
        co_await services_.send(about("the payload of secret " + id.str()), region, std::move(request));
    if (!answered)
    {
        co_return payload_facts();
    }
    const auto facts = co_await facts_of(std::move(answered->body));
    // Any entry may go, because a payload can be read again.
    if (payloads_.size() >= most_payloads)
    {
        payloads_.erase(payloads_.begin());
    }
    payloads_.emplace(id, facts);
    co_return facts;
}

}  // namespace cloud::openstack
