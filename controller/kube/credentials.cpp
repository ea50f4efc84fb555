#include "kube/credentials.hpp"

#include "net/certificates/x509.hpp"
#include "support/base64.hpp"
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
        content.error().code = support::errc::invalid;
        content.error().message += "; " + config.if_unread;
        return support::fail(key, content.error());
    }
    return support::secret(std::move(*content));
}

// A token is one word of visible ASCII (RFC 6750 section 2.1).
support::result<support::secret> token_in(const support::secret& content)
{
    constexpr const char* white_space = " \r\n\t";
    const std::string& text = content.reveal();
    const auto begin = text.find_first_not_of(white_space);
    const auto end = text.find_last_not_of(white_space);
    support::secret token(begin == std::string::npos ? std::string() : text.substr(begin, end + 1 - begin));
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

credentials::credentials(config config, file_reader read, support::clock& clock, plugin_runner run)
    : config_(std::move(config)), read_(std::move(read)), clock_(clock)
{
    if (config_.exec && config_.server.origin.tls)
    {
        plugin_.emplace(*config_.exec, run ? std::move(run) : create_plugin_runner(clock), clock);
    }
}

support::result<> credentials::check()
{
    auto loaded = load();
    if (!loaded)
    {
        return support::fail(config_.source, loaded.error());
    }
    files_ = std::move(*loaded);
    current_ = files_;
    read_again_at_ = clock_.now() + read_again_after;
    for (const std::string& notice : config_.notices)
    {
        support::log(support::log_level::warn, notice, {{"cluster", config_.source}});
    }
    return {};
}

support::task<support::result<credentials::current>> credentials::get()
{
    if (clock_.now() >= read_again_at_)
    {
        read_files();
    }
    if (!plugin_)
    {
        co_return current_;
    }
    auto given = co_await plugin_->get(cluster_of(files_));
    if (!given)
    {
        co_return std::unexpected(given.error());
    }
    take(std::move(*given));
    co_return current_;
}

void credentials::read_files()
{
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
        return;
    }
    trouble_.clear();
    files_.token = std::move(fresh->token);
    files_.basic = std::move(fresh->basic);
    const bool same_tls = files_.tls && fresh->tls && same(*files_.tls, *fresh->tls);
    if (!same_tls)
    {
        files_.tls = std::move(fresh->tls);
    }
    if (!plugin_)
    {
        current_ = files_;
    }
}

// The TLS settings stay the same object while nothing changes, so that connections are kept.
void credentials::take(std::shared_ptr<const exec_credential> given)
{
    current_.given = std::move(given);
    current_.token = current_.given->token;
    net::tls_settings tls = *files_.tls;
    tls.client_certificate_pem = current_.given->certificate_pem;
    tls.client_key_pem = current_.given->key_pem;
    if (!current_.tls || !same(*current_.tls, tls))
    {
        current_.tls = std::make_shared<const net::tls_settings>(std::move(tls));
    }
}

exec_cluster credentials::cluster_of(const current& files) const
{
    return {
        config_.server_text,
        config_.tls_server_name,
        files.tls->ca_pem,
        config_.proxy_url.reveal(),
        config_.disable_compression
    };
}

bool credentials::refused(const current& used)
{
    if (plugin_)
    {
        plugin_->refused(used.given);
    }
    if (used.token == current_.token && used.tls == current_.tls)
    {
        read_again_at_ = clock_.now();
    }
    return true;
}

support::result<support::secret> credentials::load_token() const
{
    if (config_.token.empty())
    {
        return support::secret();
    }
    support::error trouble;
    if (!config_.token.file.empty())
    {
        const std::string key = "tokenFile";
        const auto content = content_of(key, {{}, config_.token.file}, config_, read_);
        auto token = content ? token_in(*content) : std::unexpected(content.error());
        if (token)
        {
            return token;
        }
        trouble = token.error();
        if (content)
        {
            trouble.message = key + ": " + config_.token.file + ": " + trouble.message;
        }
        if (config_.token.text.empty())
        {
            return std::unexpected(trouble);
        }
    }
    auto token = token_in(config_.token.text);
    return token ? token : support::fail("token", token.error());
}

support::result<credentials::current> credentials::load() const
{
    current loaded;
    // Nobody may read a credential on its way.
    if (!config_.server.origin.tls)
    {
        return loaded;
    }
    auto token = load_token();
    if (!token)
    {
        return std::unexpected(token.error());
    }
    auto tls = load_tls();
    if (!tls)
    {
        return std::unexpected(tls.error());
    }
    loaded.token = std::move(*token);
    loaded.tls = std::move(*tls);
    if (!config_.username.empty())
    {
        support::secret login(config_.username + ":" + config_.password.reveal());
        loaded.basic = support::secret(support::encode_base64(login.reveal()));
    }
    return loaded;
}

support::result<std::shared_ptr<const net::tls_settings>> credentials::load_tls() const
{
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
    return std::make_shared<const net::tls_settings>(std::move(tls));
}

}  // namespace kube
