#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

// The HTTP door as its clients see it: curl with a token.
namespace testbed {

struct api_answer
{
    int status = 0;       // 0: no answer
    nlohmann::json body;  // discarded if the body is no JSON
};

// A client of the bindings API at `url` that shows `token`.
struct bindings_api_client
{
    std::string url;
    std::string token;
    std::filesystem::path authority = {};  // the CA of an https URL; empty: those of the system

    api_answer ask(const std::string& method, const std::string& target, const std::string& body = {}) const;
};

std::string bindings_of(const std::string& certificate);
std::string body_of_binding(const std::string& listener, bool sni = false);

// The flags that open the API on a port of 127.0.0.1, for one namespace and the region sao1.
std::vector<std::string> bindings_api_flags(int port, const std::string& name_space);

}  // namespace testbed
