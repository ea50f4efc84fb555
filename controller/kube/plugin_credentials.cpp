#include "kube/plugin_credentials.hpp"

#include "net/certificates/x509.hpp"
#include "support/log.hpp"

#include <algorithm>
#include <utility>

namespace kube {
namespace {

using namespace std::chrono_literals;
using support::errc;
using support::result;
using support::task;

constexpr support::duration shortest_wait = 10s;
// A credential is renewed this long before it expires, so that no request arrives with one that has just
// expired.
constexpr std::chrono::seconds before_expiry = 15s;
constexpr support::duration shortest_life = 5s;
constexpr std::chrono::seconds longest_life = 720h;

result<> check_certificate(const exec_credential& credential)
{
    if (credential.certificate_pem.empty())
    {
        return {};
    }
    if (auto good = net::check_certificates_pem(credential.certificate_pem); !good)
    {
        return support::fail("clientCertificateData", good.error());
    }
    if (auto good = net::check_private_key_pem(credential.key_pem.reveal()); !good)
    {
        return support::fail("clientKeyData", good.error());
    }
    return net::check_key_fits_pem(credential.certificate_pem, credential.key_pem.reveal());
}

// RFC 6750 section 2.1, as far as a header can have it.
bool is_one_word(const support::secret& token)
{
    return std::ranges::none_of(token.reveal(), [](char c) { return c <= ' ' || c > '~'; });
}

}  // namespace

plugin_credentials::plugin_credentials(exec_plugin plugin, plugin_runner run, support::clock& clock)
    : plugin_(std::move(plugin)), run_(std::move(run)), clock_(clock)
{}

task<result<std::shared_ptr<const exec_credential>>> plugin_credentials::get(exec_cluster cluster)
{
    const auto known = [this] { return clock_.now() < ask_again_at_; };
    if (!known())
    {
        const auto hold = co_await turn_.take();
        // The holder of the turn before may have asked.
        if (!known())
        {
            auto fresh = co_await ask(std::move(cluster));
            asked_at_ = clock_.now();
            if (fresh)
            {
                keep(std::move(*fresh));
            }
            else
            {
                fail_with(std::move(fresh.error()));
            }
        }
    }
    if (!usable())
    {
        co_return std::unexpected(failure_);
    }
    co_return credential_;
}

bool plugin_credentials::usable() const
{
    if (!credential_)
    {
        return false;
    }
    const bool expired = credential_->expires && clock_.wall() >= *credential_->expires;
    return failure_.message.empty() || (!refused_ && !expired);
}

void plugin_credentials::refused(const std::shared_ptr<const exec_credential>& used)
{
    if (used != nullptr && used == credential_ && clock_.now() >= asked_at_ + shortest_wait)
    {
        refused_ = true;
        ask_again_at_ = clock_.now();
    }
}

task<result<exec_credential>> plugin_credentials::ask(exec_cluster cluster)
{
    auto printed = co_await run_(plugin_, exec_info(plugin_, cluster));
    if (!printed)
    {
        co_return std::unexpected(printed.error());
    }
    auto credential = decode_exec_credential(plugin_, *printed);
    support::wipe(*printed);
    const auto refuse = [this](const std::string& why) {
        return support::fail(errc::unreachable, plugin_name(plugin_) + " " + why);
    };
    if (!credential)
    {
        co_return refuse(credential.error().message);
    }
    if (!is_one_word(credential->token))
    {
        co_return refuse("printed a token with characters that a token cannot have");
    }
    if (const auto good = check_certificate(*credential); !good)
    {
        co_return refuse("printed a client certificate that cannot be used: " + good.error().message);
    }
    co_return std::move(*credential);
}

void plugin_credentials::keep(exec_credential credential)
{
    support::duration life = longest_life;
    if (credential.expires)
    {
        const auto left = *credential.expires - clock_.wall() - before_expiry;
        life = std::clamp<support::duration>(std::min(left, longest_life), shortest_life, longest_life);
    }
    ask_again_at_ = clock_.now() + life;
    credential_ = std::make_shared<const exec_credential>(std::move(credential));
    refused_ = false;
    failure_ = {};
}

void plugin_credentials::fail_with(support::error failure)
{
    ask_again_at_ = clock_.now() + shortest_wait;
    const bool told = failure.message == failure_.message;
    failure_ = std::move(failure);
    // Where the caller gets the error, the caller tells it.
    if (usable() && !told)
    {
        support::log(
            support::log_level::warn,
            "no new credential for the API server; the previous one stays in use until it expires",
            {{"error", failure_.message}}
        );
    }
}

}  // namespace kube
