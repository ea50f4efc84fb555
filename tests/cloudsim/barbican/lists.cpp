// Barbican: the lists, as barbican/model/repositories.py of release 15.0 makes their pages.
#include "cloudsim/barbican/barbican.hpp"

#include <algorithm>
#include <charconv>

namespace cloudsim {

namespace {

constexpr std::size_t default_limit = 10;

// A number of the query; `otherwise` if there is none.
std::size_t number_in(const target& url, const std::string& name, std::size_t otherwise)
{
    const auto given = url.query.find(name);
    std::size_t number = 0;
    if (given == url.query.end())
    {
        return otherwise;
    }
    const auto& text = given->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : otherwise;
}

// Whether the simulator knows the query: the page, and `more`.
bool is_known(const target& url, const std::vector<std::pair<std::string, std::string>>& more)
{
    return std::ranges::all_of(url.parameters, [&](const auto& parameter) {
        return parameter.first == "limit" || parameter.first == "offset" || contains(more, parameter);
    });
}

}  // namespace

reply barbican::list_secrets(const call& c)
{
    if (!may_list(c.who))
    {
        return forbidden("Secret(s) retrieval");
    }
    if (!is_known(c.url, {{"sort", "created,name"}}))
    {
        return error(501, "The simulator does not know this query of a list.");
    }
    return page_of(c, "secrets", store_.secrets_of(c.who.project_id));
}

reply barbican::list_containers(const call& c)
{
    if (!may_list(c.who))
    {
        return forbidden("Containers(s) retrieval");
    }
    if (!is_known(c.url, {{"type", "certificate"}, {"type", "generic"}}))
    {
        return error(501, "The simulator does not know this query of a list.");
    }
    const auto type = c.url.query.find("type");
    auto listed = store_.containers_of(c.who.project_id);
    if (type != c.url.query.end())
    {
        std::erase_if(listed, [&](const container* object) { return object->type != type->second; });
    }
    return page_of(c, "containers", listed);
}

template <class T>
reply barbican::page_of(const call& c, const std::string& kind, const std::vector<const T*>& items)
{
    const auto limit =
        std::clamp(number_in(c.url, "limit", default_limit), std::size_t{1}, env_.config.barbican_page);
    const auto offset = number_in(c.url, "offset", 0);
    const auto href = [&](std::size_t from) {
        return url_ + "/v1/" + kind + "?limit=" + std::to_string(limit) + "&offset=" + std::to_string(from);
    };
    const auto first = std::min(offset, items.size());
    const auto last = std::min(first + limit, items.size());
    json page = {{"total", items.size()}, {kind, json::array()}};
    for (auto i = first; i < last; ++i)
    {
        page[kind].push_back(to_json(*items[i]));
    }
    // An empty page has no links.
    if (first < last && offset > 0)
    {
        page["previous"] = href(offset > limit ? offset - limit : 0);
    }
    if (first < last && items.size() > offset + limit)
    {
        page["next"] = href(offset + limit);
    }
    return ok(200, page);
}

}  // namespace cloudsim
