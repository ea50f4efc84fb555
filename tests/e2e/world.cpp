#include "e2e/world.hpp"

#include "testbed/files.hpp"
#include "testbed/poll.hpp"

#include <stdexcept>

namespace e2e {
namespace {

using nlohmann::json;

testbed::environment& environment =
    testbed::environment::add({.folder = {}, .controller_manager = true}, [](testbed::servers& servers) {
        testbed::install_chart(servers, definition_installed);
    });

}  // namespace

bool definition_installed = true;

testbed::servers& kubernetes()
{
    return *environment;
}

world::world() : testbed::world(kubernetes(), "e2e"), clouds_yaml_(folder / "clouds.yaml")
{
    const auto state_file = folder / "cloud.json";
    cloud = std::make_unique<testbed::child>(
        testbed::command{
            .program = CLOUDSIM, .arguments = {"--state-file", state_file.string(), "--die-with-parent"}
        },
        folder / "cloudsim.log"
    );
    if (!testbed::poll_until([&] { return std::filesystem::exists(state_file); }))
    {
        throw std::runtime_error("the simulator did not start");
    }
    const json endpoints = json::parse(testbed::read_file(state_file));
    const auto control = endpoints["control"].get<std::string>();
    const auto port = control.substr(control.rfind(':') + 1);
    sim.emplace(static_cast<std::uint16_t>(std::stoi(port)));
    project = sim->add_project("shop");
    const auto credential = sim->add_application_credential(sim->add_user("shop", project), project);
    balancer = sim->add_load_balancer({.project = project});
    foreign = sim->add_certificate({.project = project, .names = {"foreign.example.com"}}).ref;
    listener = sim->add_listener({.load_balancer = balancer, .default_ref = foreign});
    bare_listener = sim->add_listener({.load_balancer = balancer, .port = 8443});
    identity = endpoints["identity"].get<std::string>();
    testbed::write_file(clouds_yaml_, clouds_yaml(identity, credential));
}

void world::start_controller(const std::vector<std::string>& more_flags)
{
    std::vector<std::string> flags{"--write-deadline", "3s"};
    flags.insert(flags.end(), more_flags.begin(), more_flags.end());
    testbed::world::start_controller(clouds_yaml_, flags);
}

testbed::child world::another_controller(const std::vector<std::string>& more_flags) const
{
    return testbed::world::another_controller(clouds_yaml_, more_flags, "another.log");
}

cloudsim::control::certificate world::certificate(const std::string& server_name) const
{
    return sim->add_certificate({.project = project, .names = {server_name}});
}

std::string world::clouds_yaml(const std::string& auth_url, const cloudsim::control::credential& credential)
{
    return json{{"clouds",
                 {{"prod",
                   {{"auth_type", "v3applicationcredential"},
                    {"auth",
                     {{"auth_url", auth_url},
                      {"application_credential_id", credential.id},
                      {"application_credential_secret", credential.secret}}}}}}}
    }.dump();
}

std::string world::served(const std::string& address, const std::string& server_name) const
{
    return sim->tls(address, server_name).certificate.value_or("nothing");
}

}  // namespace e2e
