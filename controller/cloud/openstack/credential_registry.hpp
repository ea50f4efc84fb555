#pragma once

#include "cloud/credentials.hpp"
#include "cloud/openstack/allowed_urls.hpp"
#include "cloud/openstack/clouds_yaml.hpp"
#include "cloud/openstack/keystone.hpp"
#include "net/http/http.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/offload.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace cloud::openstack {

// What the requests and the certificates of one tenant are sent and read with.
struct tenant_means
{
    std::unique_ptr<net::http_client> http;
    std::unique_ptr<support::offload> offload;
};
using means_maker = std::function<tenant_means(const std::string& tenant)>;

// The credentials in use, one for each content. A credential, and its token, is destroyed when its last user
// releases it.
class credential_registry final : public credential_reader
{
public:
    // All references must outlive the registry and its credentials. `timeout`: of a read and of an
    // authentication.
    credential_registry(
        net::http_client& http,
        support::clock& clock,
        support::random_engine& random,
        allowed_urls allowed,
        support::duration timeout = default_timeout
    );

    // Makes the credential of an entry whose cloud attaches single bindings itself. Without it such an entry
    // is refused.
    using service_maker =
        std::function<support::result<std::shared_ptr<credential>>(cloud_entry, const credential_owner&)>;
    void make_services_with(service_maker make) { make_service_ = std::move(make); }

    // Makes what a tenant has of its own, so that no tenant takes the share of another one. Without it all
    // tenants share what the controller has.
    void divide_by(means_maker make) { make_means_ = std::move(make); }

    // Where certificates that tenants made are read; by default in the caller.
    void read_certificates_in(support::offload& offload) { offload_ = &offload; }

    parser create_parser() override;

    // The credential of an entry, such as the controller's own. `tenant`: who brought it; empty: the
    // controller itself. A content that several tenants brought counts as that of the first.
    std::shared_ptr<credential> share(cloud_entry entry, const std::string& tenant = {});

private:
    class entries;

    std::shared_ptr<client> client_of(cloud_entry entry, const std::string& tenant);
    support::result<std::shared_ptr<credential>> open(
        const std::string& source, cloud_entry entry, const credential_owner& owner
    );
    // One line of the log for each Secret and its keys.
    void tell_unknown_keys(const std::string& source, const cloud_entry& entry);

    net::http_client& http_;
    support::clock& clock_;
    support::random_engine& random_;
    std::shared_ptr<const allowed_urls> allowed_;
    service_maker make_service_;
    means_maker make_means_;
    support::duration timeout_;
    support::offload* offload_ = &support::on_the_spot();
    std::map<std::string, std::weak_ptr<credential>> known_;  // by id
    std::size_t clean_at_ = 64;  // known_ of this size is cleaned of what is gone
    std::set<std::string> told_;
};

}  // namespace cloud::openstack
