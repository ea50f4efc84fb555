#include "testbed/audit_log.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <ostream>
#include <unordered_set>

namespace testbed {
namespace {

using nlohmann::json;

const json& object_at(const json& parent, const char* name)
{
    static const json empty = json::object();
    const auto it = parent.find(name);
    return it == parent.end() ? empty : *it;
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const audited_request& request)
{
    stream << request.user << " " << request.verb << " " << request.resource;
    if (!request.subresource.empty())
    {
        stream << "/" << request.subresource;
    }
    return stream << " " << request.object_namespace << "/" << request.name << " " << request.code;
}

std::vector<audited_request> read_audit_log(const std::filesystem::path& file)
{
    std::vector<audited_request> requests;
    std::unordered_set<std::string> audit_ids;
    std::ifstream log(file);
    // A last line without its line end is still being written.
    for (std::string line; std::getline(log, line) && !log.eof();)
    {
        const auto event = json::parse(line);
        const auto& target = object_at(event, "objectRef");
        if (target.empty() || !audit_ids.insert(event.at("auditID").get<std::string>()).second)
        {
            continue;
        }
        requests.push_back({
            .user = object_at(event, "user").value("username", ""),
            .verb = event.value("verb", ""),
            .api_group = target.value("apiGroup", ""),
            .resource = target.value("resource", ""),
            .subresource = target.value("subresource", ""),
            .object_namespace = target.value("namespace", ""),
            .name = target.value("name", ""),
            .code = object_at(event, "responseStatus").value("code", 0),
            .user_agent = event.value("userAgent", ""),
        });
    }
    return requests;
}

}  // namespace testbed
