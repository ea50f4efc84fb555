#include "app/clients.hpp"

#include <utility>

namespace app {

clients::clients(parts with)
    : parts_(std::move(with)),
      outgoing_(
          {parts_.create_http(),
           parts_.clock,
           parts_.limits,
           parts_.ended,
           [this] { return may_send_until(); }}
      ),
      kube_(kube::create_rest_client(outgoing_.unfenced(), parts_.clock, parts_.credentials, parts_.manager)),
      own_share_(parts_.certificates.of_tenant("")),
      cloud_(
          outgoing_.fenced(), parts_.clock, parts_.random, parts_.allowed, parts_.cloud_timeout, *own_share_
      )
{
    cloud_.divide_by([this](const std::string& tenant) {
        return cloud::openstack::tenant_means{
            outgoing_.fenced_of_tenant(tenant), parts_.certificates.of_tenant(tenant)
        };
    });
}

void clients::take_part(
    const leader_options& options, const std::string& host, const std::string& own_namespace
)
{
    election_ = std::make_unique<app::election>(
        election::parts{
            parts_.create_http(),
            parts_.clock,
            parts_.random,
            parts_.credentials,
            outgoing_.fenced(),
            parts_.manager,
            parts_.ended
        },
        options,
        host,
        own_namespace
    );
}

}  // namespace app
