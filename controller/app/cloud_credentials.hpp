#pragma once

#include "cloud/bycloud/service_registry.hpp"
#include "cloud/credentials.hpp"
#include "cloud/openstack/credential_registry.hpp"
#include "net/http/http.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/offload.hpp"
#include "support/secret.hpp"

#include <memory>
#include <optional>
#include <string>

namespace app {

// The credentials of both kinds of cloud: an entry of a clouds.yaml is of OpenStack, or, with auth_type
// bycloud, of a cloud that attaches single bindings itself. A Secret may bring the latter in keys of its own.
class cloud_credentials final : public cloud::credential_reader
{
public:
    // All references must outlive it and its credentials. `timeout`: of a read and of an authentication.
    // `offload`: reads certificates that tenants made.
    cloud_credentials(
        net::http_client& http,
        support::clock& clock,
        support::random_engine& random,
        cloud::openstack::allowed_urls allowed,
        support::duration timeout,
        support::offload& offload = support::on_the_spot()
    );

    // Makes what a tenant, which is a namespace, has of its own; without it all share what the controller
    // has.
    void divide_by(cloud::openstack::means_maker make);

    parser create_parser() override;

    // The controller's own credential. `api_key`: of the variable BYCLOUD_API_KEY, which takes precedence
    // over the key and the token of the entry, as in ByCloud's own client; only for auth_type bycloud.
    support::result<std::shared_ptr<cloud::credential>> share(
        cloud::openstack::cloud_entry entry, const std::optional<support::secret>& api_key
    );

private:
    support::result<std::shared_ptr<cloud::credential>> make_service(
        cloud::openstack::cloud_entry entry, const cloud::credential_owner& owner
    );
    std::shared_ptr<cloud::credential> share_service(
        cloud::bycloud::service_entry entry, const std::string& tenant
    );

    std::shared_ptr<const cloud::openstack::allowed_urls> allowed_;
    cloud::openstack::credential_registry openstack_;
    cloud::bycloud::service_registry bycloud_;
    cloud::openstack::means_maker make_means_;
};

}  // namespace app
