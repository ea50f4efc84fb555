#include "e2e/own_door_story.hpp"

#include "testbed/bindings_api.hpp"
#include "testbed/files.hpp"
#include "testbed/kubeconfig.hpp"
#include "testbed/poll.hpp"
#include "testbed/ports.hpp"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <utility>

namespace e2e {
namespace {

using nlohmann::json;

std::string address(int port)
{
    return "http://127.0.0.1:" + std::to_string(port);
}

// The same in all stories; empty: the write changes no binding and no listener.
std::string kind_of(const seen_write& write)
{
    if (write.path.starts_with("/v1/certificates/"))
    {
        return write.method + " of the API";
    }
    if (write.path.contains("/listeners/"))
    {
        return write.method + " of the listener";
    }
    if (!write.path.contains("/certificatebindings"))
    {
        return "";
    }
    return write.method + (write.path.ends_with("/status") ? " of a status" : " of a binding");
}

}  // namespace

std::string name_of(side which)
{
    return which == side::client ? "client" : "door";
}

own_door_story::own_door_story(
    const surroundings& around, const std::string& name, std::optional<crash> planned
)
    : around_(around),
      planned_(planned),
      folder_(around.folder / name),
      api_(around.api_port, around.keys),
      listener_(around.sim.add_listener(
          {.load_balancer = around.sim.add_load_balancer({.project = around.project}),
           .default_ref = around.foreign}
      )),
      a_(issued("a.example.com")),
      b_(issued("b.example.com")),
      door_port_(testbed::free_port())
{
    std::filesystem::create_directories(folder_);
    for (const side each : sides)
    {
        of(each).name_space = name + "-" + name_of(each);
        api_.ask("POST", "/api/v1/namespaces", {{"metadata", {{"name", of(each).name_space}}}});
        configure(each);
    }
    for (const side each : sides)
    {
        start(each);
    }
}

std::filesystem::path own_door_story::file(side which, const std::string& extension) const
{
    return folder_ / (name_of(which) + extension);
}

std::string own_door_story::objects(side which) const
{
    return "/apis/certificates.bycloud.io/v1alpha1/namespaces/" + of(which).name_space +
           "/certificatebindings";
}

cloudsim::control::certificate own_door_story::issued(const std::string& domain) const
{
    return around_.sim.add_certificate({.project = around_.project, .names = {domain}});
}

// ---- the controllers ----

int own_door_story::gate_before(int port, const std::optional<tls_pair>& tls, side writer)
{
    gates_.push_back(std::make_unique<write_gate>(port, tls, [this, writer](const seen_write& write) {
        note(writer, write);
    }));
    return gates_.back()->port();
}

void own_door_story::configure(side which)
{
    const tls_pair pair{around_.keys / "apiserver.crt", around_.keys / "apiserver.key"};
    testbed::write_kubeconfig(
        file(which, ".conf"),
        {.port = gate_before(around_.api_port, pair, which), .authority = around_.keys / "ca.crt"},
        around_.controllers
    );
    json entry;
    if (which == side::client)
    {
        const auto url = address(gate_before(door_port_, {}, which));
        entry = {{"auth_type", "bycloud"}, {"endpoint", url}, {"token", around_.caller}};
    }
    else
    {
        const auto octavia = around_.endpoints["load_balancer"].get<std::string>();
        const int port = std::stoi(octavia.substr(octavia.rfind(':') + 1));
        entry = around_.openstack_entry;
        entry["load_balancer_endpoint_override"] = address(gate_before(port, {}, which));
    }
    testbed::write_file(file(which, ".yaml"), json{{"clouds", {{"prod", entry}}}}.dump());
}

void own_door_story::start(side which)
{
    controller& started = of(which);
    std::vector<std::string> flags{
        "--kubeconfig",
        file(which, ".conf").string(),
        "--namespace",
        started.name_space,
        "--cloud-config",
        file(which, ".yaml").string(),
        "--resync-period",
        "5s",
        "--write-deadline",
        "2s",
        "--log-level",
        "debug"
    };
    if (which == side::door)
    {
        std::ranges::copy(
            testbed::bindings_api_flags(door_port_, started.name_space), std::back_inserter(flags)
        );
    }
    started.process.emplace(testbed::command{.program = CONTROLLER, .arguments = flags}, file(which, ".log"));
    const std::scoped_lock lock(mutex_);
    started.pid = started.process->pid();
}

void own_door_story::note(side writer, const seen_write& write)
{
    const std::string kind = kind_of(write);
    if (kind.empty())
    {
        return;
    }
    const std::scoped_lock lock(mutex_);
    auto& writes = of(writer).writes;
    writes.push_back(kind);
    if (planned_ && crashed_at_.empty() && planned_->writer == writer && writes.size() == planned_->number)
    {
        crashed_at_ = name_of(writer) + ": " + kind;
        ::kill(of(planned_->victim).pid, SIGKILL);
    }
}

void own_door_story::tend()
{
    if (!restarted_ && !crashed_at().empty())
    {
        restarted_ = true;
        of(planned_->victim).process->wait();
        start(planned_->victim);
    }
}

// The condition can change only by a write.
bool own_door_story::until(const std::function<bool()>& condition)
{
    std::optional<std::size_t> asked_at;
    return testbed::poll_until([&] {
        tend();
        const std::size_t so_far = writes(side::client).size() + writes(side::door).size();
        return std::exchange(asked_at, so_far) != so_far && condition();
    });
}

std::vector<std::string> own_door_story::writes(side of_whom) const
{
    const std::scoped_lock lock(mutex_);
    return of(of_whom).writes;
}

std::string own_door_story::crashed_at() const
{
    const std::scoped_lock lock(mutex_);
    return crashed_at_;
}

std::string own_door_story::logs() const
{
    std::string all;
    for (const side each : sides)
    {
        all += "--- " + name_of(each) + "\n" + testbed::read_file(file(each, ".log")) + "\n";
    }
    return all;
}

// ---- the story ----

std::string own_door_story::run()
{
    create(a_);
    std::string problem = is_attached(a_);
    if (problem.empty())
    {
        api_.ask("PATCH", objects(side::client) + "/web", {{"spec", {{"certificateId", b_.id}}}});
        problem = is_attached(b_);
    }
    if (problem.empty())
    {
        problem = had_a_gap();
    }
    if (problem.empty())
    {
        api_.ask("DELETE", objects(side::client) + "/web");
        problem = is_detached();
    }
    return problem;
}

cluster_api::answer own_door_story::web()
{
    return api_.ask("GET", objects(side::client) + "/web");
}

json own_door_story::behind()
{
    return api_.ask("GET", objects(side::door)).body["items"];
}

void own_door_story::create(const cloudsim::control::certificate& certificate)
{
    api_.ask(
        "POST",
        objects(side::client),
        {{"apiVersion", "certificates.bycloud.io/v1alpha1"},
         {"kind", "CertificateBinding"},
         {"metadata", {{"name", "web"}}},
         {"spec",
          {{"certificateId", certificate.id},
           {"resourceId", listener_},
           {"region", "sao1"},
           {"options", {{"sni", true}}}}}}
    );
}

// One binding is behind the door, and the client's has its id and crn.
std::string own_door_story::is_attached(const cloudsim::control::certificate& certificate)
{
    json object;
    const bool active = until([&] {
        object = web().body;
        const json status = object.value("status", json::object());
        return status.value("observedGeneration", -1) == object["metadata"]["generation"] &&
               status.value("state", "") == "active";
    });
    const json made = behind();
    const bool has_names = made.size() == 1 && object["status"]["id"] == made[0]["status"]["id"] &&
                           object["status"]["crn"] == made[0]["status"]["crn"];
    return active && has_names ? listener_differs({certificate.ref})
                               : "not attached:\n" + object.dump(1) + "\nbehind the door:\n" + made.dump(1);
}

std::string own_door_story::is_detached()
{
    const bool gone = until([&] { return web().status == 404; });
    const json left = behind();
    return gone && left.empty()
               ? listener_differs({})
               : "not detached:\n" + web().body.dump(1) + "\nbehind the door:\n" + left.dump(1);
}

// Looks once the cloud has settled: a PUT of a killed controller may still be under way.
std::string own_door_story::listener_differs(const std::set<std::string>& sni) const
{
    cloudsim::control::listener_state now;
    const bool rests = testbed::poll_until([&] {
        now = around_.sim.get_listener(listener_);
        return now.status == "ACTIVE";
    });
    return rests && now.default_ref == around_.foreign && now.sni_refs == sni
               ? ""
               : "the listener: " + around_.sim.call("GET", "listeners/" + listener_).dump(1);
}

// Since the first certificate was on the listener, one of the two always was, and the foreign default too.
std::string own_door_story::had_a_gap() const
{
    bool begun = false;
    for (const json& change : around_.sim.call("GET", "history", {{"id", listener_}}))
    {
        const json& shown = change["object"];
        const auto listed = shown["sni_container_refs"].get<std::set<std::string>>();
        begun = begun || listed.contains(a_.ref);
        const bool served = listed.contains(a_.ref) || listed.contains(b_.ref);
        if ((begun && !served) || shown["default_tls_container_ref"] != around_.foreign ||
            shown["provisioning_status"] == "ERROR")
        {
            return "the listener had a gap: " + change.dump(1);
        }
    }
    return begun ? "" : "the listener never had the first certificate";
}

}  // namespace e2e
