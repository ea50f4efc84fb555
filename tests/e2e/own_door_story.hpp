#pragma once

#include "cloudsim/http/remote_control.hpp"
#include "e2e/cluster_api.hpp"
#include "e2e/write_gate.hpp"
#include "testbed/process.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <sys/types.h>
#include <vector>

// A controller as the client of another one's bindings API, which is the door to the simulated OpenStack.
namespace e2e {

enum class side : std::uint8_t
{
    client,
    door,
};
inline constexpr std::array sides{side::client, side::door};

std::string name_of(side which);

// When who is killed: when the `number`th write of `writer` has its answer, which has not left yet.
struct crash
{
    side writer{};
    std::size_t number = 0;
    side victim{};
};

// What all stories share.
struct surroundings
{
    const cloudsim::remote_control& sim;
    std::string project;
    std::string foreign;             // the ref of the default certificate of every listener
    nlohmann::json endpoints;        // of the region sao1
    nlohmann::json openstack_entry;  // of a clouds.yaml
    std::string controllers;         // the token of the controllers
    std::string caller;              // the token that the client shows to the door
    int api_port = 0;
    std::filesystem::path keys;  // the folder of the API server
    std::filesystem::path folder;
};

// A listener, the two controllers on the way to it, and all that they write. The client's binding is "web";
// it wants a SNI certificate.
class own_door_story final
{
public:
    own_door_story(const surroundings& around, const std::string& name, std::optional<crash> planned);

    // Attaches, rotates and detaches. What is not as it should be then; empty: all is.
    std::string run();

    // What each write of one side did, in their order: "PATCH of a status", …
    std::vector<std::string> writes(side of) const;
    // The write at which the crash was: "client: PATCH of a status"; empty: there was none.
    std::string crashed_at() const;
    std::string logs() const;

private:
    struct controller
    {
        std::string name_space;
        std::vector<std::string> writes{};
        pid_t pid = 0;
        std::optional<testbed::child> process{};
    };

    controller& of(side which) { return controllers_.at(static_cast<std::size_t>(which)); }
    const controller& of(side which) const { return controllers_.at(static_cast<std::size_t>(which)); }
    std::filesystem::path file(side which, const std::string& extension) const;
    std::string objects(side which) const;  // the path of the bindings
    cloudsim::control::certificate issued(const std::string& domain) const;

    // Gates before the servers of both sides, and the configurations that lead through them.
    int gate_before(int port, const std::optional<tls_pair>& tls, side writer);
    void configure(side which);
    void start(side which);
    void note(side writer, const seen_write& write);  // in the thread of a gate
    void tend();                                      // starts again who was killed
    bool until(const std::function<bool()>& condition);

    cluster_api::answer web();
    nlohmann::json behind();  // the bindings of the door
    void create(const cloudsim::control::certificate& certificate);
    // Each: what is not as it should be.
    std::string is_attached(const cloudsim::control::certificate& certificate);
    std::string is_detached();
    std::string listener_differs(const std::set<std::string>& sni) const;
    std::string had_a_gap() const;

    const surroundings& around_;
    std::optional<crash> planned_;
    std::filesystem::path folder_;
    cluster_api api_;
    std::string listener_;
    cloudsim::control::certificate a_;
    cloudsim::control::certificate b_;
    int door_port_;
    bool restarted_ = false;

    mutable std::mutex mutex_;  // of `writes` and `pid` of the controllers, and of the crash
    std::string crashed_at_;
    std::array<controller, sides.size()> controllers_;
    std::vector<std::unique_ptr<write_gate>> gates_;
};

}  // namespace e2e
