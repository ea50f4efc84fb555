#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace e2e {

// An API server of 127.0.0.1 as its admin uses it, over one connection. What kubectl does for one test is too
// much work for dozens of them at once.
class cluster_api final
{
public:
    struct answer
    {
        int status = 0;
        nlohmann::json body;
    };

    // `keys`: the folder with admin.crt and admin.key.
    cluster_api(int port, const std::filesystem::path& keys);
    cluster_api(const cluster_api&) = delete;
    cluster_api& operator=(const cluster_api&) = delete;
    ~cluster_api();

    // Asks, a PATCH as a merge patch. Throws if the server does not answer.
    answer ask(const std::string& method, const std::string& path, const nlohmann::json& body = {});

private:
    struct connection;
    std::unique_ptr<connection> connection_;
};

}  // namespace e2e
