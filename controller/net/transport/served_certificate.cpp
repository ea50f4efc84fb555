#include "net/transport/served_certificate.hpp"

#include "net/certificates/sha256.hpp"
#include "support/log.hpp"

#include <utility>

namespace net {

struct served_certificate::content
{
    std::string chain_pem;
    support::secret key_pem;

    std::string digest() const { return sha256_hex(chain_pem) + sha256_hex(key_pem.reveal()); }
};

support::result<served_certificate::content> served_certificate::read() const
{
    auto chain = files_.read(files_.certificate);
    if (!chain)
    {
        return support::fail(support::errc::invalid, "the TLS certificate " + chain.error().message);
    }
    auto key = files_.read(files_.key);
    if (!key)
    {
        return support::fail(support::errc::invalid, "the TLS key " + key.error().message);
    }
    return content{std::move(*chain), support::secret(std::move(*key))};
}

support::result<std::shared_ptr<server_tls_context>> served_certificate::create(const content& from) const
{
    auto created = create_server_tls_context(from.chain_pem, from.key_pem);
    if (!created)
    {
        return support::fail(
            "the TLS certificate " + files_.certificate + " and key " + files_.key, created.error()
        );
    }
    return created;
}

support::result<std::unique_ptr<served_certificate>> served_certificate::open(certificate_files files)
{
    std::unique_ptr<served_certificate> opened(new served_certificate(std::move(files)));
    const auto read = opened->read();
    if (!read)
    {
        return std::unexpected(read.error());
    }
    auto created = opened->create(*read);
    if (!created)
    {
        return std::unexpected(created.error());
    }
    opened->context_ = std::move(*created);
    opened->seen_ = read->digest();
    return opened;
}

void served_certificate::reread()
{
    const auto read = this->read();
    const std::string found = read ? read->digest() : read.error().message;
    if (std::exchange(seen_, found) == found)
    {
        return;
    }
    auto created = read ? create(*read) : std::unexpected(read.error());
    if (!created)
    {
        support::log(
            support::log_level::warn,
            "the TLS certificate that was read before stays in use, because the files cannot be used now",
            {{"error", created.error().message}}
        );
        return;
    }
    context_ = std::move(*created);
    support::log(
        support::log_level::info,
        "the TLS certificate has changed and is used for new connections",
        {{"file", files_.certificate}}
    );
}

}  // namespace net
