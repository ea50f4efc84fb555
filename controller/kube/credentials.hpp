#pragma once

#include "kube/config.hpp"
#include "kube/plugin_credentials.hpp"
#include "net/http/http.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"

#include <memory>
#include <optional>
#include <string>

namespace kube {

// What the requests of one client carry.
class request_credentials
{
public:
    virtual ~request_credentials() = default;

    struct current
    {
        // The same pointer until the settings change; null for plain http.
        std::shared_ptr<const net::tls_settings> tls;
        support::secret token;                         // may be empty
        support::secret basic;                         // "user:password" in base64; may be empty
        std::shared_ptr<const exec_credential> given;  // by the plugin; null without one
    };

    virtual support::task<support::result<current>> get() = 0;

    // The server answered 401 to `used`. False if get() will return the same, so that asking again is no use.
    virtual bool refused(const current& used) = 0;

    virtual const config& source() const = 0;
};

// The current credentials for the API server. Files are read again every minute and at once after a refusal,
// because kubelet renews the token of a service account and CAs rotate
// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/). A credential plugin is
// asked before its credential expires and after a refusal. A server of plain http gets no credential, as from
// kubectl.
class credentials final : public request_credentials
{
public:
    // A null `run` runs plugins on this machine.
    credentials(config config, file_reader read, support::clock& clock, plugin_runner run = {});

    // Reads all files and logs the notices of the configuration, for the start. errc::invalid if a file is
    // missing or does not hold the certificate or key that it should.
    support::result<> check();

    // Returns the previous values while a file cannot be read. errc::unreachable if there is no credential,
    // because the plugin fails.
    support::task<support::result<current>> get() override;

    // The next get() reads the files again, unless that has happened since.
    bool refused(const current& used) override;

    const config& source() const override { return config_; }

private:
    support::result<current> load() const;
    support::result<support::secret> load_token() const;
    support::result<std::shared_ptr<const net::tls_settings>> load_tls() const;
    void read_files();
    exec_cluster cluster_of(const current& files) const;
    void take(std::shared_ptr<const exec_credential> given);

    config config_;
    file_reader read_;
    support::clock& clock_;
    std::optional<plugin_credentials> plugin_;
    current files_;    // without what the plugin gave
    current current_;  // with it
    support::time_point read_again_at_{};
    std::string trouble_;  // the error that was logged last; empty: none
};

}  // namespace kube
