#include "app/cloud_credentials.hpp"

#include "net/http/url.hpp"

#include <functional>
#include <string>
#include <utility>

namespace app {
namespace {

using support::errc;
using support::fail;
using credential = std::shared_ptr<cloud::credential>;

constexpr std::size_t largest_value = 64 << 10;

// The keys of a Secret without a clouds.yaml.
support::result<cloud::bycloud::service_entry> read_keys(
    const cloud::credential_text& text, const cloud::openstack::allowed_urls& allowed
)
{
    if (text.endpoint.size() + text.api_key.size() + text.token.size() > largest_value)
    {
        return fail(errc::invalid, text.source + ": larger than 64 KiB");
    }
    const auto endpoint = net::parse_url(text.endpoint);
    if (endpoint && !allowed.admit(*endpoint))
    {
        return fail(
            errc::invalid,
            text.source +
                ": endpoint is not admitted here; ask the operator of the controller to admit it with "
                "--allowed-auth-urls"
        );
    }
    cloud::bycloud::entry_text entry;
    entry.name = text.owner.secret;
    entry.label = text.source;
    entry.endpoint = text.endpoint;
    entry.api_key = support::secret(std::string(text.api_key));
    entry.token = support::secret(std::string(text.token));
    entry.ca_pem = text.ca_pem;
    entry.api_key_key = "api-key";
    return cloud::bycloud::understand_entry(std::move(entry));
}

// They are one entry, whatever the binding calls it.
class keys_of_secret final : public cloud::credential_entries
{
public:
    using opener = std::function<credential(cloud::bycloud::service_entry)>;

    keys_of_secret(opener open, support::result<cloud::bycloud::service_entry> read)
        : open_(std::move(open)), read_(std::move(read))
    {}

    support::result<credential> credential_of(const std::string&) override
    {
        if (!opened_ && read_)
        {
            opened_ = open_(*read_);
        }
        return opened_ ? support::result<credential>(opened_) : std::unexpected(read_.error());
    }

private:
    opener open_;
    support::result<cloud::bycloud::service_entry> read_;
    credential opened_;
};

}  // namespace

cloud_credentials::cloud_credentials(
    net::http_client& http,
    support::clock& clock,
    support::random_engine& random,
    cloud::openstack::allowed_urls allowed,
    support::duration timeout,
    support::offload& offload
)
    : allowed_(std::make_shared<const cloud::openstack::allowed_urls>(allowed)),
      openstack_(http, clock, random, std::move(allowed), timeout),
      bycloud_(http, clock, random, timeout)
{
    openstack_.read_certificates_in(offload);
    openstack_.make_services_with([this](cloud::openstack::cloud_entry entry, const auto& owner) {
        return make_service(std::move(entry), owner);
    });
}

cloud::credential_reader::parser cloud_credentials::create_parser()
{
    return
        [this, parse_yaml = openstack_.create_parser(), allowed = allowed_](const cloud::credential_text& text
        ) -> std::shared_ptr<cloud::credential_entries> {
            if (text.endpoint.empty())
            {
                return parse_yaml(text);
            }
            return std::make_shared<keys_of_secret>(
                [this, tenant = text.owner.tenant](cloud::bycloud::service_entry entry) {
                    return share_service(std::move(entry), tenant);
                },
                read_keys(text, *allowed)
            );
        };
}

support::result<credential> cloud_credentials::share(
    cloud::openstack::cloud_entry entry, const std::optional<support::secret>& api_key
)
{
    if (!entry.service)
    {
        auto shared = openstack_.share(std::move(entry));
        return shared;
    }
    if (api_key && !api_key->empty())
    {
        entry.service->api_key = *api_key;
        entry.service->token = {};
    }
    return make_service(std::move(entry), {});
}

support::result<credential> cloud_credentials::make_service(
    cloud::openstack::cloud_entry entry, const cloud::credential_owner& owner
)
{
    cloud::bycloud::entry_text text;
    text.name = owner.secret.empty() ? entry.cloud : owner.secret;
    text.label = std::move(entry.service->label);
    text.endpoint = entry.keystone.str();
    text.api_key = std::move(entry.service->api_key);
    text.token = std::move(entry.service->token);
    text.tls = std::move(entry.tls);
    auto read = cloud::bycloud::understand_entry(std::move(text));
    return read ? support::result<credential>(share_service(std::move(*read), owner.tenant))
                : std::unexpected(read.error());
}

credential cloud_credentials::share_service(cloud::bycloud::service_entry entry, const std::string& tenant)
{
    if (tenant.empty() || !make_means_)
    {
        return bycloud_.share(std::move(entry));
    }
    return bycloud_.share(std::move(entry), [&] { return make_means_(tenant).http; });
}

void cloud_credentials::divide_by(cloud::openstack::means_maker make)
{
    openstack_.divide_by(make);
    make_means_ = std::move(make);
}

}  // namespace app
