#pragma once

#include "cloudsim/cloud/cloud.hpp"
#include "cloudsim/control/control.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

// A cloud with two tenants, a clock that the test moves, and a client that waits for its answer.
namespace cloudsim::test {

class lab : public testing::Test
{
public:
    lab();

    struct asked
    {
        std::string method;
        std::string url;  // scheme://host:port/path
        std::string token{};
        std::string body{};
        header_list headers{};
    };

    // Sends a request without waiting for the answer.
    exchange_id send(const asked& question);
    // The answer, if it has left.
    std::optional<reply> answer_to(exchange_id id);
    void abandon(exchange_id id) { cloud_.abandon(id, now_); }
    // Moves the clock until the answer has left. Fails the test if no answer ever leaves.
    reply ask(const asked& question);
    json ask_json(const asked& question);

    void advance(duration span);
    instant now() const { return now_; }

    std::string password_token(const std::string& user, const std::string& project);
    std::string application_token();

    static std::string key_manager(const std::string& path) { return "http://127.0.0.1:19311" + path; }
    static std::string load_balancer(const std::string& path) { return "http://127.0.0.1:19876" + path; }
    static std::string bycloud_url(const std::string& path) { return "http://127.0.0.1:17000" + path; }
    static std::string identity(const std::string& path) { return "http://127.0.0.1:15000" + path; }
    static std::string listener_url(const std::string& id)
    {
        return load_balancer("/v2/lbaas/listeners/" + id);
    }

    // A PUT of a listener with tenant a's token.
    reply put(const std::string& listener, const json& change);
    // Moves the clock until nothing is due any more.
    void settle();

private:
    instant now_;
    cloud cloud_;
    std::vector<departure> left_;

protected:
    control sim;
    std::string project_a;
    std::string project_b;
    std::string user_a;
    control::credential credential;
    std::string token_a;
    std::string token_b;
};

}  // namespace cloudsim::test
