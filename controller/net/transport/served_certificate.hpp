#pragma once

#include "net/transport/server_tls_context.hpp"
#include "support/error.hpp"

#include <functional>
#include <memory>
#include <string>

namespace net {

// The files of a server's certificate, which its chain follows, and of its key, both PEM.
struct certificate_files
{
    std::string certificate;
    std::string key;
    std::function<support::result<std::string>(const std::string& path)> read;
};

// The certificate that a server shows, read again when its files change. A pair that cannot be used leaves
// the one before in use: a mounted Secret may be seen between the old and the new one.
class served_certificate
{
public:
    // errc::invalid, with the file, if the pair cannot be used.
    static support::result<std::unique_ptr<served_certificate>> open(certificate_files files);

    const std::shared_ptr<server_tls_context>& context() const { return context_; }

    // Reads the files again. Logs once for each content that it finds.
    void reread();

private:
    struct content;

    explicit served_certificate(certificate_files files) : files_(std::move(files)) {}
    support::result<content> read() const;
    support::result<std::shared_ptr<server_tls_context>> create(const content& from) const;

    certificate_files files_;
    std::shared_ptr<server_tls_context> context_;
    std::string seen_;  // the digest of what was read last, or the error of reading
};

}  // namespace net
