#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

// What the API server was asked, as its audit log has it.
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

// All requests for resources so far, each once, in the order of their answers (a watch: of its first bytes).
// The server writes a line when it has answered, so the line of an answer that was just received may still be
// missing.
std::vector<audited_request> read_audit_log(const std::filesystem::path& file);

}  // namespace testbed
