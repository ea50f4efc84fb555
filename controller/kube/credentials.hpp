#pragma once

#include "kube/config.hpp"
#include "net/http/http.hpp"
#include "support/clock.hpp"

#include <memory>
#include <string>

namespace kube {

// The current credentials for the API server. Files are read again every minute and at once after a refusal,
// because kubelet renews the token of a service account and CAs rotate
// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/).
class credentials
{
public:
    credentials(config config, file_reader read, support::clock& clock);

    // Reads all files, for the start. errc::invalid if a file is missing or does not hold the certificate or
    // key that it should.
    support::result<> check();

    struct current
    {
        // The same pointer until the settings change; null for plain http.
        std::shared_ptr<const net::tls_settings> tls;
        support::secret token;  // may be empty
    };

    // Returns the previous values while a file cannot be read.
    current get();

    // The server answered 401 to `used`. The next get() reads the files again, unless that has happened
    // since.
    void refused(const current& used);

    const config& source() const { return config_; }

private:
    support::result<current> load() const;

    config config_;
    file_reader read_;
    support::clock& clock_;
    current current_;
    support::time_point read_again_at_{};
    std::string trouble_;  // the error that was logged last; empty: none
};

}  // namespace kube
