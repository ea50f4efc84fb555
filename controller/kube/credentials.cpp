#include "kube/credentials.hpp"

#include "net/x509.hpp"
#include "support/log.hpp"

#include <utility>

namespace kube {
namespace {

constexpr support::duration read_again_after = std::chrono::minutes(1);

support::result<support::secret> content_of(const text_or_file& value, const file_reader& read)
{
    if (!value.text.empty() || value.file.empty())
    {
        return value.text;
    }
    auto content = read(value.file);
    if (!content)
    {
        return std::unexpected(content.error());
    }
    return support::secret(std::move(*content));
}

std::string without_line_end(const std::string& text)
{
    const auto end = text.find_last_not_of(" \r\n\t");
    return end == std::string::npos ? std::string() : text.substr(0, end + 1);
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
    loaded_ = true;
    read_at_ = clock_.now();
    return {};
}

credentials::current credentials::get()
{
    if (loaded_ && clock_.now() - read_at_ < read_again_after)
    {
        return current_;
    }
    read_at_ = clock_.now();
    auto fresh = load();
    if (!fresh)
    {
        support::log(
            support::log_level::warn,
            "keeping the credentials from before",
            {{"error", fresh.error().message}}
        );
        return current_;
    }
    const bool same_tls = current_.tls && fresh->tls && same(*current_.tls, *fresh->tls);
    current_.token = std::move(fresh->token);
    current_.tls = same_tls ? current_.tls : fresh->tls;
    loaded_ = true;
    return current_;
}

void credentials::refused()
{
    loaded_ = false;
}

support::result<credentials::current> credentials::load() const
{
    current made;
    auto token = content_of(config_.token, read_);
    if (!token)
    {
        return std::unexpected(token.error());
    }
    made.token = support::secret(without_line_end(token->reveal()));
    if (!config_.server.origin.tls)
    {
        return made;
    }
    const auto ca = content_of(config_.ca, read_);
    const auto certificate = content_of(config_.client_certificate, read_);
    auto key = content_of(config_.client_key, read_);
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
        if (auto good = net::check_certificates_pem(tls.ca_pem); !good)
        {
            return support::fail("certificate-authority", good.error());
        }
    }
    if (!config_.client_certificate.empty())
    {
        if (auto good = net::check_certificates_pem(tls.client_certificate_pem); !good)
        {
            return support::fail("client-certificate", good.error());
        }
        if (auto good = net::check_private_key_pem(tls.client_key_pem.reveal()); !good)
        {
            return support::fail("client-key", good.error());
        }
    }
    made.tls = std::make_shared<const net::tls_settings>(std::move(tls));
    return made;
}

}  // namespace kube
