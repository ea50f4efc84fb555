// The part of the world that runs the controllers.
#include "soak/world.hpp"
#include "testbed/eventually.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace soak {
namespace {

using nlohmann::json;

constexpr auto lease_name = "soak";

// What a process says of its terms.
constexpr std::string_view gained = "this process leads";
constexpr std::string_view lost = "this process does not lead any more";

// Whether the last that the process said of its terms is that it leads.
bool leads(const testbed::child& controller)
{
    const auto log = controller.output();
    const auto begun = log.rfind(gained);
    const auto ended = log.rfind(lost);
    return begun != std::string::npos && (ended == std::string::npos || ended < begun);
}

std::size_t count_terms(const testbed::child& controller)
{
    const auto log = controller.output();
    std::size_t count = 0;
    for (auto at = log.find(gained); at != std::string::npos; at = log.find(gained, at + gained.size()))
    {
        ++count;
    }
    return count;
}

// Now, as a Lease has it.
std::string micro_time()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::string text("2000-01-01T00:00:00.000000Z");
    std::strftime(text.data(), text.size() + 1, "%Y-%m-%dT%H:%M:%S.000000Z", &parts);
    return text;
}

}  // namespace

void world::start_controller_process()
{
    const std::vector<std::string> flags{
        "--write-deadline",
        "3s",
        "--resync-period",
        "20s",
        "--log-level",
        "info",
        "--leader-elect",
        "true",
        "--leader-elect-resource-name",
        lease_name,
        "--leader-elect-resource-namespace",
        name_space
    };
    const auto log = "controller-" + std::to_string(++started_) + ".log";
    controllers_.push_back(testbed::world::another_controller(folder / "clouds.yaml", flags, log));
}

void world::start_controllers()
{
    // Whatever the chart grants in the namespace of its release.
    kubectl(
        {"create",
         "role",
         "elect",
         "--verb=get,list,watch,create,update,patch",
         "--resource=leases.coordination.k8s.io"}
    );
    kubectl(
        {"create",
         "rolebinding",
         "elect",
         "--role=elect",
         std::string("--serviceaccount=") + testbed::release_namespace + ":" + testbed::release_name}
    );
    start_controller_process();
    start_controller_process();
}

testing::AssertionResult world::somebody_leads() const
{
    return testbed::eventually("a leader", [&] { return std::ranges::any_of(controllers_, leads); });
}

testing::AssertionResult world::all_run()
{
    for (auto& controller : controllers_)
    {
        if (!controller.running())
        {
            return testing::AssertionFailure()
                   << "a controller has ended with exit code " << controller.wait();
        }
    }
    return testing::AssertionSuccess();
}

void world::replace_leader(int signal)
{
    const auto ended = std::ranges::find_if(controllers_, leads);
    ASSERT_NE(ended, controllers_.end());
    ended->signal(signal);
    ended->wait();
    controllers_.erase(ended);
    start_controller_process();
}

testing::AssertionResult world::depose_leader()
{
    const auto deposed = std::ranges::find_if(controllers_, leads);
    auto taken = testbed::eventually("the Lease has another holder", [&] { return set_holder("another"); });
    if (!taken || deposed == controllers_.end())
    {
        return taken;
    }
    return testbed::eventually("the term of the leader ends", [&] { return !leads(*deposed); });
}

testing::AssertionResult world::release_lease()
{
    return testbed::eventually("the Lease is released", [&] { return set_holder(""); });
}

// Fails if the Lease has changed meanwhile.
testing::AssertionResult world::set_holder(const std::string& holder) const
{
    const auto shown = try_kubectl({"get", "lease", lease_name, "-o", "json"});
    if (shown.code != 0)
    {
        return testing::AssertionFailure() << shown;
    }
    auto lease = json::parse(shown.out);
    auto& spec = lease["spec"];
    spec["holderIdentity"] = holder;
    spec["renewTime"] = micro_time();
    spec["acquireTime"] = spec["renewTime"];
    spec["leaseTransitions"] = spec.value("leaseTransitions", 0) + (holder.empty() ? 0 : 1);
    const auto replaced = try_kubectl({"replace", "-f", "-"}, lease.dump());
    return testing::AssertionResult(replaced.code == 0) << replaced;
}

std::vector<world::usage> world::used() const
{
    std::vector<usage> all;
    for (const auto& controller : controllers_)
    {
        const auto process = std::filesystem::path("/proc") / std::to_string(controller.pid());
        usage found{.process = controller.pid(), .leads = leads(controller)};
        std::ifstream status(process / "status");
        for (std::string line; std::getline(status, line);)
        {
            if (line.starts_with("VmRSS:"))
            {
                found.megabytes = std::stod(line.substr(6)) / 1000 * 1.024;
            }
        }
        const std::filesystem::directory_iterator open(process / "fd");
        found.descriptors = static_cast<std::size_t>(std::distance(begin(open), end(open)));
        found.terms = count_terms(controller);
        all.push_back(found);
    }
    return all;
}

}  // namespace soak
