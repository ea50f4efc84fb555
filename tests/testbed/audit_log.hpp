#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

// The requests to the API server, read from its audit log.
namespace testbed {

struct audited_request
{
    std::string user;         // "system:serviceaccount:NAMESPACE:NAME", "admin"
    std::string verb;         // get, list, watch, create, update, patch, delete, deletecollection
    std::string api_group;    // empty: core
    std::string resource;     // plural
    std::string subresource;  // status, token
    std::string object_namespace;
    std::string name;
    int code = 0;  // of the answer
    std::string user_agent;
};

std::ostream& operator<<(std::ostream& stream, const audited_request& request);

// All requests for resources so far, each once, in the order of their answers (for a watch: of its first
// bytes). The server writes a line after its answer, so the line of the newest answer may still be missing.
std::vector<audited_request> read_audit_log(const std::filesystem::path& file);

}  // namespace testbed
