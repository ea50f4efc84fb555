#include "e2e/world.hpp"

#include "cloudsim/http_transport.hpp"
#include "testbed/files.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

namespace e2e {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr auto release_namespace = "certificate-binding";
constexpr auto account = "certificate-binding-controller";

testbed::environment& environment = testbed::environment::add({.folder = {}, .controller_manager = true});

// Installs the chart: CRD, account and rights are what users get. Its pod never runs, there is no kubelet.
class installed_chart final : public testing::Environment
{
    void SetUp() override
    {
        const auto outcome = environment->helm(
            {"install",
             account,
             CHART_FOLDER,
             "--namespace",
             release_namespace,
             "--create-namespace",
             "--set",
             "cloudConfig.existingSecret=cloud-config,crds.enabled=" +
                 std::string(definition_installed ? "true" : "false")}
        );
        ASSERT_EQ(outcome.code, 0) << outcome;
        if (!definition_installed)
        {
            return;
        }
        const auto established = environment->kubectl(
            {"wait",
             "--for=condition=Established",
             "crd/certificatebindings.certificates.bycloud.io",
             "--timeout=60s"}
        );
        ASSERT_EQ(established.code, 0) << established;
    }
};

const auto* const chart = testing::AddGlobalTestEnvironment(new installed_chart);

std::string next_namespace()
{
    static std::atomic<int> made = 0;
    return "e2e-" + std::to_string(++made);
}

json read_json(const fs::path& file)
{
    for (int i = 0; i < 600; ++i)
    {
        if (std::ifstream stream(file); stream)
        {
            return json::parse(stream);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    throw std::runtime_error("the simulator did not start");
}

}  // namespace

bool definition_installed = true;

testbed::servers& kubernetes()
{
    return *environment;
}

world::world() : name_space(next_namespace()), folder(kubernetes().folder() / name_space)
{
    fs::create_directories(folder);
    EXPECT_EQ(kubernetes().kubectl({"create", "namespace", name_space}).code, 0);
    cloud = std::make_unique<testbed::child>(
        testbed::command{
            .program = CLOUDSIM,
            .arguments = {"--state-file", (folder / "cloud.json").string(), "--die-with-parent"}
        },
        folder / "cloudsim.log"
    );
    const json endpoints = read_json(folder / "cloud.json");
    const auto control = endpoints["control"].get<std::string>();
    const auto port = control.substr(control.rfind(':') + 1);
    sim.emplace(cloudsim::over_http(static_cast<std::uint16_t>(std::stoi(port))));
    project = sim->add_project("shop");
    const auto credential = sim->add_application_credential(sim->add_user("shop", project), project);
    balancer = sim->add_load_balancer({.project = project});
    foreign = sim->add_certificate({.project = project, .names = {"foreign.example.com"}}).ref;
    listener = sim->add_listener({.load_balancer = balancer, .default_ref = foreign});
    bare_listener = sim->add_listener({.load_balancer = balancer, .port = 8443});
    clouds_yaml_ = folder / "clouds.yaml";
    identity = endpoints["identity"].get<std::string>();
    testbed::write_file(clouds_yaml_, clouds_yaml(identity, credential));
}

world::~world()
{
    if (HasFailure() && controller_)
    {
        std::cerr << controller_log() << "\n" << try_kubectl({"get", "certbind", "-o", "yaml"}).out;
    }
    // Nothing may wait for a controller that is gone.
    for (const auto& each : json::parse(kubectl({"get", "certbind", "-o", "json"}))["items"])
    {
        try_kubectl(
            {"patch",
             "certbind",
             each["metadata"]["name"].get<std::string>(),
             "--type=merge",
             "-p",
             R"({"metadata":{"finalizers":null}})"}
        );
    }
    kubernetes().kubectl({"delete", "namespace", name_space, "--wait=false"});
}

void world::start_controller(const std::vector<std::string>& more_flags)
{
    const auto kubeconfig = kubernetes().service_account_kubeconfig(release_namespace, account);
    std::vector<std::string> flags{
        "--kubeconfig",
        kubeconfig.string(),
        "--namespace",
        name_space,
        "--cloud-config",
        clouds_yaml_.string(),
        "--resync-period",
        "5s",
        "--write-deadline",
        "3s",
        "--log-level",
        "debug"
    };
    flags.insert(flags.end(), more_flags.begin(), more_flags.end());
    controller_.emplace(
        testbed::command{.program = CONTROLLER, .arguments = flags}, folder / "controller.log"
    );
}

testbed::exit_code world::stop_controller(int signal)
{
    controller_->signal(signal);
    const auto code = controller_->wait();
    controller_.reset();
    return code;
}

std::string world::controller_log() const
{
    return controller_ ? controller_->output() : "";
}

testbed::outcome world::try_kubectl(std::vector<std::string> arguments, const std::string& input) const
{
    arguments.insert(arguments.begin(), {"--namespace", name_space});
    return kubernetes().kubectl(std::move(arguments), input);
}

std::string world::kubectl(std::vector<std::string> arguments, const std::string& input) const
{
    const auto outcome = try_kubectl(std::move(arguments), input);
    EXPECT_EQ(outcome.code, 0) << outcome;
    return outcome.out;
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
              {{"certificateId", each.certificate},
               {"resourceId", each.listener},
               {"region", "sao1"},
               {"options", {{"sni", each.sni}}},
               {"deletionPolicy", each.policy}}}}
        );
    }
    kubectl({"apply", "-f", "-"}, list.dump());
}

void world::remove(const std::string& name) const
{
    kubectl({"delete", "certbind", name, "--wait=false"});
}

json world::binding(const std::string& name) const
{
    const auto text = kubectl({"get", "certbind", name, "--ignore-not-found", "-o", "json"});
    return text.empty() ? json() : json::parse(text);
}

std::vector<json> world::events(const std::string& reason) const
{
    const auto text = kubectl({"get", "events", "--field-selector", "reason=" + reason, "-o", "json"});
    return json::parse(text)["items"].get<std::vector<json>>();
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

testing::AssertionResult world::is_active(const std::string& name) const
{
    return becomes(name, "Attached");
}

testing::AssertionResult world::is_gone(const std::string& name) const
{
    return testbed::eventually(name + " is gone", [&] {
        const json object = binding(name);
        return testing::AssertionResult(object.is_null())
               << (object.is_null() ? "" : object["status"].dump());
    });
}

std::string world::message(const std::string& name) const
{
    return binding(name)["status"].value("errorMessage", "");
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

std::string world::served(const std::string& where, const std::string& server_name) const
{
    return sim->tls(where, server_name).certificate.value_or("nothing");
}

}  // namespace e2e
