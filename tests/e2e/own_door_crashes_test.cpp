// kill -9 of either controller at each write: of the client at its own, of the door at its own, and of the
// client while the door works for it. Each story is that of attach, rotate and detach with one crash, and
// ends as if there had been none.
#include "e2e/own_door_story.hpp"
#include "e2e/world.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace e2e {
namespace {

using nlohmann::json;

class own_door_crashes : public world
{
protected:
    surroundings prepare() const
    {
        const auto as_admin = [](const std::vector<std::string>& arguments) {
            EXPECT_TRUE(testbed::succeeds(kubernetes().kubectl(arguments)));
        };
        as_admin(
            {"create",
             "clusterrole",
             "caller",
             "--verb=create,get,list,delete",
             "--resource=certificatebindings.certificates.bycloud.io"}
        );
        kubectl({"create", "serviceaccount", "caller"});
        as_admin(
            {"create",
             "clusterrolebinding",
             "caller",
             "--clusterrole=caller",
             "--serviceaccount=" + name_space + ":caller"}
        );
        const auto token = [](const std::string& of, const std::string& in) {
            const auto text = kubernetes().kubectl({"create", "token", of, "--namespace", in}).out;
            return text.substr(0, text.find('\n'));
        };
        const auto credential =
            sim->add_application_credential(sim->add_user("behind the door", project), project);
        const auto config = testbed::read_file(kubernetes().admin_kubeconfig());
        const std::string before = "server: https://127.0.0.1:";
        return {
            .sim = *sim,
            .project = project,
            .foreign = foreign,
            .endpoints = sim->call("GET", "endpoints")["regions"]["sao1"],
            .openstack_entry = json::parse(clouds_yaml(identity, credential))["clouds"]["prod"],
            .controllers = token(testbed::release_name, testbed::release_namespace),
            .caller = token("caller", name_space),
            .api_port = std::stoi(config.substr(config.find(before) + before.size())),
            .keys = kubernetes().folder(),
            .folder = folder
        };
    }
};

std::vector<crash> crashes_of(const own_door_story& undisturbed)
{
    std::vector<crash> crashes;
    const auto add = [&](side writer, side victim) {
        for (std::size_t number = 1; number <= undisturbed.writes(writer).size(); ++number)
        {
            crashes.push_back({writer, number, victim});
        }
    };
    add(side::client, side::client);
    add(side::door, side::door);
    add(side::door, side::client);
    return crashes;
}

std::set<std::string> kinds_of(const own_door_story& told)
{
    std::set<std::string> kinds;
    for (const side writer : sides)
    {
        for (const std::string& kind : told.writes(writer))
        {
            kinds.insert(name_of(writer) + ": " + kind);
        }
    }
    return kinds;
}

TEST_F(own_door_crashes, of_either_side_at_any_write_end_as_if_there_had_been_none)
{
    // The stories wait most of their time.
    constexpr std::size_t at_once = 28;
    const auto around = prepare();
    own_door_story undisturbed(around, name_space + "-0", {});
    ASSERT_EQ(undisturbed.run(), "") << undisturbed.logs();
    const auto crashes = crashes_of(undisturbed);
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::set<std::string> crashed_at;
    const auto tell = [&] {
        for (std::size_t i = next++; i < crashes.size(); i = next++)
        {
            const crash& planned = crashes[i];
            own_door_story told(around, name_space + "-" + std::to_string(i + 1), planned);
            const std::string problem = told.run();
            const std::scoped_lock lock(mutex);
            crashed_at.insert(told.crashed_at());
            EXPECT_EQ(problem, "") << name_of(planned.victim) << " killed at write " << planned.number
                                   << " of the " << name_of(planned.writer) << "\n"
                                   << told.logs();
        }
    };
    {
        std::vector<std::jthread> tellers;
        for (std::size_t i = 0; i < at_once; ++i)
        {
            tellers.emplace_back(tell);
        }
    }
    // A story with fewer writes than the undisturbed one, because the controller joined two, has no crash.
    crashed_at.erase("");
    EXPECT_EQ(crashed_at, kinds_of(undisturbed));
}

}  // namespace
}  // namespace e2e
