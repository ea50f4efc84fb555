#include "openstack/world.hpp"

#include "testbed/poll.hpp"

#include <csignal>
#include <memory>

namespace openstack_test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

testbed::environment& kubernetes = testbed::environment::add({.folder = {}});

// The chart, for its CRD, account and rights, and the cloud. The cloud ends with this process, however that
// ends.
class installed final : public testing::Environment
{
public:
    fs::path folder() const { return kubernetes->folder() / "openstack"; }

private:
    void SetUp() override
    {
        services_ = std::make_unique<testbed::child>(
            testbed::command{
                .program = SOURCE_FOLDER "/tests/openstack/cloud", .arguments = {"run", folder().string()}
            },
            kubernetes->folder() / "openstack.log"
        );
        ASSERT_NO_FATAL_FAILURE(testbed::install_chart(*kubernetes));
        ASSERT_TRUE(testbed::poll_until([&] {
            return fs::exists(folder() / "cloud.json") || !services_->running();
        }));
        ASSERT_TRUE(services_->running()) << services_->output();
    }

    void TearDown() override
    {
        services_->signal(SIGTERM);
        services_->wait();
    }

    std::unique_ptr<testbed::child> services_;
};

auto* const cloud = new installed;
const auto* const owned = testing::AddGlobalTestEnvironment(cloud);

}  // namespace

std::string seed(const std::vector<std::string>& arguments)
{
    std::vector<std::string> all{cloud->folder().string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto outcome = testbed::run({.program = SOURCE_FOLDER "/tests/openstack/seed", .arguments = all});
    EXPECT_EQ(outcome.code, 0) << outcome;
    return outcome.out.substr(0, outcome.out.find('\n'));
}

world::world()
    : testbed::world(*kubernetes, "openstack"),
      balancer(seed({"load-balancer"})),
      foreign(seed({"certificate", "foreign.example.com"})),
      listener(seed({"listener", balancer, "--default", foreign}))
{}

world::~world()
{
    for (const auto* knob : {"hold", "fail", "short-tokens"})
    {
        seed({knob, "off"});
    }
    for (const auto* kind : {"identity", "key-manager", "load-balancer"})
    {
        seed({"down", kind, "off"});
    }
}

void world::start_controller(const std::string& entry, const std::vector<std::string>& flags)
{
    std::vector<std::string> all{"--cloud", entry, "--write-deadline", "10s"};
    all.insert(all.end(), flags.begin(), flags.end());
    testbed::world::start_controller(cloud->folder() / "clouds.yaml", all);
}

json world::shown(const std::string& which) const
{
    return json::parse(seed({"show", "listener", which}));
}

std::string world::default_of(const std::string& which) const
{
    const json ref = shown(which)["default_tls_container_ref"];
    return ref.is_null() ? "none" : ref.get<std::string>();
}

std::vector<std::string> world::sni_of(const std::string& which) const
{
    return shown(which)["sni_container_refs"].get<std::vector<std::string>>();
}

}  // namespace openstack_test
