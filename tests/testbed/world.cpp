#include "testbed/world.hpp"

#include "testbed/eventually.hpp"

#include <atomic>
#include <iostream>

namespace testbed {

using nlohmann::json;

void install_chart(servers& kubernetes, bool with_definition)
{
    const auto chart = kubernetes.helm(
        {"install",
         release_name,
         CHART_FOLDER,
         "--namespace",
         release_namespace,
         "--create-namespace",
         "--set",
         std::string("cloudConfig.existingSecret=cloud-config,crds.enabled=") +
             (with_definition ? "true" : "false")}
    );
    ASSERT_EQ(chart.code, 0) << chart;
    if (!with_definition)
    {
        return;
    }
    // The condition Established becomes True before discovery lists the resource.
    ASSERT_TRUE(eventually("the resource", [&] {
        const auto listed = kubernetes.kubectl({"get", "certbind", "--all-namespaces"});
        return testing::AssertionResult(listed.code == 0) << listed;
    }));
}

static std::string next_name(const std::string& prefix)
{
    static std::atomic<int> count = 0;
    return prefix + "-" + std::to_string(++count);
}

world::world(servers& kubernetes, const std::string& prefix)
    : kubernetes_(kubernetes), name_space(next_name(prefix)), folder(kubernetes.folder() / name_space)
{
    std::filesystem::create_directories(folder);
    EXPECT_EQ(kubernetes_.kubectl({"create", "namespace", name_space}).code, 0);
}

world::~world()
{
    if (HasFailure() && controller_)
    {
        std::cerr << controller_log() << "\n" << try_kubectl({"get", "certbind", "-o", "yaml"}).out;
    }
    // Removes finalizers, because the controller that would remove them has ended.
    for (const auto& item : json::parse(kubectl({"get", "certbind", "-o", "json"}))["items"])
    {
        try_kubectl(
            {"patch",
             "certbind",
             item["metadata"]["name"].get<std::string>(),
             "--type=merge",
             "-p",
             R"({"metadata":{"finalizers":null}})"}
        );
    }
    kubernetes_.kubectl({"delete", "namespace", name_space, "--wait=false"});
}

void world::start_controller(
    const std::filesystem::path& clouds_yaml,
    const std::vector<std::string>& more_flags,
    const std::map<std::string, std::string>& environment
)
{
    controller_.emplace(another_controller(clouds_yaml, more_flags, "controller.log", environment));
}

child world::another_controller(
    const std::filesystem::path& clouds_yaml,
    const std::vector<std::string>& more_flags,
    const std::string& log,
    const std::map<std::string, std::string>& environment
) const
{
    const auto kubeconfig = kubernetes_.service_account_kubeconfig(release_namespace, release_name);
    std::vector<std::string> flags{
        "--kubeconfig",
        kubeconfig.string(),
        "--namespace",
        name_space,
        "--cloud-config",
        clouds_yaml.string(),
        "--resync-period",
        "5s",
        "--log-level",
        "debug"
    };
    flags.insert(flags.end(), more_flags.begin(), more_flags.end());
    return child(
        command{.program = CONTROLLER, .arguments = flags, .environment = environment}, folder / log
    );
}

exit_code world::stop_controller(int signal)
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

outcome world::try_kubectl(std::vector<std::string> arguments, const std::string& input) const
{
    arguments.insert(arguments.begin(), {"--namespace", name_space});
    return kubernetes_.kubectl(std::move(arguments), input);
}

std::string world::kubectl(std::vector<std::string> arguments, const std::string& input) const
{
    const auto outcome = try_kubectl(std::move(arguments), input);
    EXPECT_EQ(outcome.code, 0) << outcome;
    return outcome.out;
}

std::string world::token_of(const std::string& account, const std::string& verbs) const
{
    kubectl({"create", "serviceaccount", account});
    if (!verbs.empty())
    {
        kubectl(
            {"create",
             "role",
             account,
             "--verb=" + verbs,
             "--resource=certificatebindings.certificates.bycloud.io"}
        );
        kubectl(
            {"create",
             "rolebinding",
             account,
             "--role=" + account,
             "--serviceaccount=" + name_space + ":" + account}
        );
    }
    auto text = kubectl({"create", "token", account});
    return text.substr(0, text.find('\n'));
}

void world::apply(const std::vector<wanted>& bindings) const
{
    json list{{"apiVersion", "v1"}, {"kind", "List"}, {"items", json::array()}};
    for (const wanted& order : bindings)
    {
        list["items"].push_back(
            {{"apiVersion", "certificates.bycloud.io/v1alpha1"},
             {"kind", "CertificateBinding"},
             {"metadata", {{"name", order.name}}},
             {"spec",
              {{"certificateId", order.certificate.substr(order.certificate.rfind('/') + 1)},
               {"resourceId", order.listener},
               {"region", "sao1"},
               {"options", {{"sni", order.sni}}},
               {"deletionPolicy", order.policy}}}}
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
    return eventually(name + " says " + reason, [&] {
        const json object = binding(name);
        std::string ready_reason = object.is_null() ? "gone" : "nothing";
        const json status = object.is_null() ? json::object() : object["status"];
        const bool current =
            !object.is_null() && status.value("observedGeneration", -1) == object["metadata"]["generation"];
        for (const json& condition : status.value("conditions", json::array()))
        {
            ready_reason =
                condition["type"] == "Ready" ? condition["reason"].get<std::string>() : ready_reason;
        }
        return testing::AssertionResult(current && ready_reason == reason)
               << "it says " << ready_reason << ": " << status.value("errorMessage", "");
    });
}

testing::AssertionResult world::is_gone(const std::string& name) const
{
    return eventually(name + " is gone", [&] {
        const json object = binding(name);
        return testing::AssertionResult(object.is_null())
               << (object.is_null() ? "" : object["status"].dump());
    });
}

std::string world::message(const std::string& name) const
{
    return binding(name)["status"].value("errorMessage", "");
}

}  // namespace testbed
