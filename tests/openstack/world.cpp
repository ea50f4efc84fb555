#include "openstack/world.hpp"

#include "testbed/files.hpp"
#include "testbed/poll.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>

namespace openstack_test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr auto release_namespace = "certificate-binding";
constexpr auto account = "certificate-binding-controller";

testbed::environment& kubernetes = testbed::environment::add({.folder = {}});

// The chart, for its CRD, account and rights, and the cloud, which ends with us in any way.
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
        const auto chart = kubernetes->helm(
            {"install",
             account,
             SOURCE_FOLDER "/charts/certificate-binding-controller",
             "--namespace",
             release_namespace,
             "--create-namespace",
             "--set",
             "cloudConfig.existingSecret=cloud-config"}
        );
        ASSERT_EQ(chart.code, 0) << chart;
        const auto established = kubernetes->kubectl(
            {"wait",
             "--for=condition=Established",
             "crd/certificatebindings.certificates.bycloud.io",
             "--timeout=60s"}
        );
        ASSERT_EQ(established.code, 0) << established;
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

std::string next_namespace()
{
    static std::atomic<int> made = 0;
    return "openstack-" + std::to_string(++made);
}

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
    : name_space(next_namespace()),
      folder(kubernetes->folder() / name_space),
      balancer(seed({"load-balancer"})),
      foreign(seed({"certificate", "foreign.example.com"})),
      listener(seed({"listener", balancer, "--default", foreign}))
{
    fs::create_directories(folder);
    EXPECT_EQ(kubernetes->kubectl({"create", "namespace", name_space}).code, 0);
}

world::~world()
{
    for (const auto* knob : {"hold", "fail", "short-tokens"})
    {
        seed({knob, "off"});
    }
    if (HasFailure() && controller_)
    {
        std::cerr << controller_->output() << "\n" << kubectl({"get", "certbind", "-o", "yaml"}).out;
    }
}

void world::start_controller(const std::string& entry)
{
    controller_.emplace(
        testbed::command{
            .program = CONTROLLER,
            .arguments =
                {"--kubeconfig",
                 kubernetes->service_account_kubeconfig(release_namespace, account).string(),
                 "--namespace",
                 name_space,
                 "--cloud-config",
                 (cloud->folder() / "clouds.yaml").string(),
                 "--cloud",
                 entry,
                 "--resync-period",
                 "5s",
                 "--write-deadline",
                 "10s",
                 "--log-level",
                 "debug"}
        },
        folder / "controller.log"
    );
}

void world::apply(const std::vector<wanted>& bindings) const
{
    json list{{"apiVersion", "v1"}, {"kind", "List"}, {"items", json::array()}};
    for (const wanted& each : bindings)
    {
        list["items"].push_back(
            {{"apiVersion", "certificates.bycloud.io/v1alpha1"},
             {"kind", "CertificateBinding"},
             {"metadata", {{"name", each.name}}},
             {"spec",
              {{"certificateId", each.certificate.substr(each.certificate.rfind('/') + 1)},
               {"resourceId", each.listener},
               {"region", "sao1"},
               {"options", {{"sni", each.sni}}}}}}
        );
    }
    const auto outcome = kubectl({"apply", "-f", "-"}, list.dump());
    EXPECT_EQ(outcome.code, 0) << outcome;
}

void world::remove(const std::string& name) const
{
    const auto outcome = kubectl({"delete", "certbind", name, "--wait=false"});
    EXPECT_EQ(outcome.code, 0) << outcome;
}

json world::binding(const std::string& name) const
{
    const auto outcome = kubectl({"get", "certbind", name, "--ignore-not-found", "-o", "json"});
    EXPECT_EQ(outcome.code, 0) << outcome;
    return outcome.out.empty() ? json() : json::parse(outcome.out);
}

std::string world::message(const std::string& name) const
{
    return binding(name)["status"].value("errorMessage", "");
}

testing::AssertionResult world::becomes(const std::string& name, const std::string& reason) const
{
    return testbed::eventually(name + " says " + reason, [&] {
        const json object = binding(name);
        std::string said = object.is_null() ? "gone" : "nothing";
        const json status = object.is_null() ? json::object() : object["status"];
        const bool current =
            !object.is_null() && status.value("observedGeneration", -1) == object["metadata"]["generation"];
        for (const json& each : status.value("conditions", json::array()))
        {
            said = each["type"] == "Ready" ? each["reason"].get<std::string>() : said;
        }
        return testing::AssertionResult(current && said == reason)
               << "it says " << said << ": " << status.value("errorMessage", "");
    });
}

testing::AssertionResult world::is_gone(const std::string& name) const
{
    return testbed::eventually(name + " is gone", [&] {
        const json object = binding(name);
        return testing::AssertionResult(object.is_null())
               << (object.is_null() ? "" : object["status"].dump());
    });
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

testbed::outcome world::kubectl(std::vector<std::string> arguments, const std::string& input) const
{
    arguments.insert(arguments.begin(), {"--namespace", name_space});
    return kubernetes->kubectl(std::move(arguments), input);
}

}  // namespace openstack_test
