// Reads a clouds.yaml as the controller does, logs in, and prints the endpoints as one line of JSON:
//   read_clouds_yaml REGION     the controller's own entry: the files and variables of this process
//   read_clouds_yaml --secret   clouds.yaml and ca.pem of the working folder as the content of a Secret; no
//   login read_clouds_yaml --keys     the keys of an entry that mean something
#include "cloud/openstack/catalog.hpp"
#include "cloud/openstack/cloud_files.hpp"
#include "cloud/openstack/entry_keys.hpp"
#include "cloud/openstack/keystone.hpp"
#include "cloud/openstack/tenant_entry.hpp"
#include "net/http/client.hpp"
#include "support/system_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace {

using cloud::openstack::service;
using nlohmann::json;

std::optional<std::string> variable(const std::string& name)
{
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string content_of(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

json keys()
{
    json names = json::array();
    for (const auto key : cloud::openstack::keys_of_variables())
    {
        names.push_back(std::string(key));
    }
    return names;
}

json read_secret()
{
    const auto entry = cloud::openstack::parse_tenant_entry(
        {content_of("clouds.yaml"), content_of("ca.pem"), variable("OS_CLOUD").value_or(""), "Secret"},
        cloud::openstack::allowed_urls::parse({"*"}).value()
    );
    return entry ? json::object() : json{{"error", entry.error().message}};
}

support::task<> log_in(
    net::http_client& http,
    support::clock& clock,
    const cloud::openstack::cloud_entry& entry,
    std::string region,
    json& result
)
{
    support::random_engine random;
    cloud::openstack::keystone keystone(http, clock, entry, random);
    const auto session = co_await keystone.current();
    if (!session)
    {
        result["error"] = session.error().message;
        co_return;
    }
    for (const auto& [of, type] :
         {std::pair(service::octavia, "load-balancer"), std::pair(service::barbican, "key-manager")})
    {
        const auto url = cloud::openstack::service_url(of, region, entry, (*session)->issued.catalog);
        result["endpoints"][type] = url ? json(url->str()) : json();
    }
}

json read_own(const std::string& region)
{
    const auto found = cloud::openstack::find_cloud_entry(
        variable("OS_CLIENT_CONFIG_FILE").value_or(""), variable("OS_CLOUD").value_or(""), variable
    );
    if (!found)
    {
        return {{"error", found.error().message}};
    }
    json result{{"cloud", found->entry.cloud}, {"notes", found->notes}};
    boost::asio::io_context context(1);
    const auto clock = support::create_system_clock(context.get_executor());
    const auto http =
        net::create_http_client(context.get_executor(), *clock, {.user_agent = "read_clouds_yaml"});
    boost::asio::co_spawn(
        context,
        log_in(*http, *clock, found->entry, region, result),
        [&context](const std::exception_ptr& thrown) {
            context.stop();
            if (thrown)
            {
                std::rethrow_exception(thrown);
            }
        }
    );
    context.run();
    return result;
}

}  // namespace

int main(int count, char** arguments)
{
    const std::string argument = count == 2 ? arguments[1] : "";
    const json result = argument == "--keys"     ? keys()
                        : argument == "--secret" ? read_secret()
                                                 : read_own(argument);
    std::cout << result.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
}
