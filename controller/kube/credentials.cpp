#include "kube/credentials.hpp"

#include "net/certificates/x509.hpp"
#include "support/log.hpp"

#include <algorithm>
#include <utility>

namespace kube {
namespace {

using namespace std::chrono_literals;

constexpr support::duration read_again_after = 1min;
// The wait after a file could not be read.
constexpr support::duration try_again_after = 10s;

// The content of `value`, which the configuration calls `key`.
support::result<support::secret> content_of(
    const std::string& key, const text_or_file& value, const config& config, const file_reader& read
)
{
    if (!value.text.empty() || value.file.empty())
    {
        return value.text;
    }
    auto content = read(value.file);
    if (!content)
    {
        content.error().message += "; " + config.if_unread;
        return support::fail(key, content.error());
    }
    return support::secret(std::move(*content));
}

// A token is one word of visible ASCII (RFC 6750 section 2.1).
support::result<support::secret> token_in(const support::secret& content)
{
    const std::string& text = content.reveal();
    const auto end = text.find_last_not_of(" \r\n\t");
    support::secret token(end == std::string::npos ? std::string() : text.substr(0, end + 1));
    if (token.empty())
    {
        return support::fail(support::errc::invalid, "is empty; write the token into it");
    }
    if (std::ranges::any_of(token.reveal(), [](char c) { return c <= ' ' || c > '~'; }))
    {
        return support::fail(
            support::errc::invalid, "holds characters that a token cannot have; it must hold the token alone"
        );
    }
    return token;
}

bool same(const net::tls_settings& a, const net::tls_settings& b)
{
    return a.ca_pem == b.ca_pem && a.client_certificate_pem == b.client_certificate_pem &&
           a.client_key_pem == b.client_key_pem && a.server_name == b.server_name;
}

}  // namespace

credentials::credentials(config config, file_reader read, support::clock& clock)
    : config_(std::move(config)), read_(std::move(read)), clock_(clock)
{}

support::result<> credentials::check()
{
    auto loaded = load();
    if (!loaded)
    {
        return support::fail(config_.source, loaded.error());
    }
    current_ = std::move(*loaded);
    read_again_at_ = clock_.now() + read_again_after;
    return {};
}

credentials::current credentials::get()
{
    if (clock_.now() < read_again_at_)
    {
        return current_;
    }
    auto fresh = load();
    read_again_at_ = clock_.now() + (fresh ? read_again_after : try_again_after);
    if (!fresh)
    {
        if (fresh.error().message != trouble_)
        {
            trouble_ = fresh.error().message;
            support::log(
                support::log_level::warn,
                "cannot read the credentials for the API server; the previous ones stay in use",
                {{"error", trouble_}}
            );
        }
        return current_;
    }
    trouble_.clear();
    current_.token = std::move(fresh->token);
    const bool same_tls = current_.tls && fresh->tls && same(*current_.tls, *fresh->tls);
    if (!same_tls)
    {
        current_.tls = std::move(fresh->tls);
    }
    return current_;
}

void credentials::refused(const current& used)
{
    if (used.token == current_.token && used.tls == current_.tls)
    {
        read_again_at_ = clock_.now();
    }
}

support::result<credentials::current> credentials::load() const
{
    current loaded;
    if (!config_.token.empty())
    {
        const std::string key = config_.token.file.empty() ? "token" : "tokenFile";
        const auto content = content_of(key, config_.token, config_, read_);
        if (!content)
        {
            return std::unexpected(content.error());
        }
        auto token = token_in(*content);
        if (!token)
        {
            const std::string& file = config_.token.file;
            return support::fail(file.empty() ? key : key + ": " + file, token.error());
        }
        loaded.token = std::move(*token);
    }
    if (!config_.server.origin.tls)
    {
        return loaded;
    }
    const auto ca = content_of("certificate-authority", config_.ca, config_, read_);
    const auto certificate = content_of("client-certificate", config_.client_certificate, config_, read_);
    auto key = content_of("client-key", config_.client_key, config_, read_);
    if (!ca)
    {
        return std::unexpected(ca.error());
    }
    if (!certificate)
    {
        return std::unexpected(certificate.error());
    }
    if (!key)
    {
        return std::unexpected(key.error());
    }
    net::tls_settings tls;
    tls.ca_pem = ca->reveal();
    tls.client_certificate_pem = certificate->reveal();
    tls.client_key_pem = std::move(*key);
    tls.server_name = config_.tls_server_name;
    if (!config_.ca.empty())
    {
        if (auto checked = net::check_certificates_pem(tls.ca_pem); !checked)
        {
            return support::fail("certificate-authority", checked.error());
        }
    }
    if (!config_.client_certificate.empty())
    {
        if (auto checked = net::check_certificates_pem(tls.client_certificate_pem); !checked)
        {
            return support::fail("client-certificate", checked.error());
        }
        if (auto checked = net::check_private_key_pem(tls.client_key_pem.reveal()); !checked)
        {
            return support::fail("client-key", checked.error());
        }
        if (auto checked = net::check_key_fits_pem(tls.client_certificate_pem, tls.client_key_pem.reveal());
            !checked)
        {
            return support::fail("client-certificate and client-key", checked.error());
        }
    }
    loaded.tls = std::make_shared<const net::tls_settings>(std::move(tls));
    return loaded;
}

}  // namespace kube
