#pragma once

#include "kube/config.hpp"
#include "net/http/http.hpp"
#include "support/clock.hpp"

#include <memory>
#include <string>

namespace kube {

// What is shown to the API server now. Files are read again every minute and at once after a refusal, because
// kubelet renews a service account's token and CAs rotate
// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/).
class credentials
{
public:
    credentials(config config, file_reader read, support::clock& clock);

    // Reads everything; errc::invalid where a file is missing or holds no certificate or key. For the start.
    support::result<> check();

    struct current
    {
        std::shared_ptr<const net::tls_settings>
            tls;                // the same pointer while nothing changed; null for plain http
        support::secret token;  // may be empty
    };

    // What cannot be read now stays as it was.
    current get();

    // The server answered 401 to `shown`: the next get() reads the files again, unless they were meanwhile.
    void refused(const current& shown);

    const config& source() const { return config_; }

private:
    support::result<current> load() const;

    config config_;
    file_reader read_;
    support::clock& clock_;
    current current_;
    support::time_point read_again_at_{};
    std::string trouble_;  // that was logged last; empty: none
};

}  // namespace kube
