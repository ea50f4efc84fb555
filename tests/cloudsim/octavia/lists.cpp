// Octavia: the lists, as octavia/api/common/pagination.py of release 11.0 makes their pages.
#include "cloudsim/octavia/octavia.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace cloudsim {

namespace {

// What the simulator knows of a list's query. A page begins after `marker` in the order of the sort keys.
struct page_query
{
    std::size_t limit = 0;
    std::optional<std::string> marker{};
    std::optional<std::string> sort_key{};
    bool by_id = false;              // else by created_at, then id
    std::set<std::string> fields{};  // empty: all
};

// The limit of a page; the error is the value that is no limit.
std::expected<std::size_t, std::string> limit_of(const target& url, std::size_t greatest)
{
    const auto given = url.query.find("limit");
    if (given == url.query.end())
    {
        return greatest;
    }
    const auto& text = given->second;
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc() || end != text.data() + text.size())
    {
        return std::unexpected(text);
    }
    return std::min(limit, greatest);
}

// Empty for a query that the simulator does not know.
std::optional<page_query> read_query(const target& url, std::size_t limit)
{
    page_query read{.limit = limit};
    for (const auto& [name, value] : url.parameters)
    {
        if (name == "fields")
        {
            read.fields.insert(value);
        }
        else if (name == "marker")
        {
            read.marker = value;
        }
        else if (name == "sort_key" && (value == "id" || value == "created_at"))
        {
            read.sort_key = value;
            read.by_id = value == "id";
        }
        else if (name != "limit" && name != "project_id" && (name != "sort_dir" || value != "asc"))
        {
            return std::nullopt;
        }
    }
    // Octavia fails on a page without a limit.
    return limit == 0 ? std::nullopt : std::optional(std::move(read));
}

json link(const std::string& rel, const std::string& path, const page_query& asked, const std::string& id)
{
    return {
        {"rel", rel},
        {"href",
         path + "?limit=" + std::to_string(asked.limit) +
             (asked.sort_key ? "&sort_key=" + *asked.sort_key : "") + "&marker=" + id +
             (rel == "previous" ? "&page_reverse=True" : "")}
    };
}

// The links of a page, which has objects. A full page links to a next one, even if there is none. The links
// lack `fields`.
json links_of(
    const std::string& path,
    const page_query& asked,
    const std::string& first,
    const std::string& last,
    bool is_full
)
{
    json links = json::array();
    if (asked.marker)
    {
        links.push_back(link("previous", path, asked, first));
    }
    if (is_full)
    {
        links.push_back(link("next", path, asked, last));
    }
    return links;
}

json only(const std::set<std::string>& fields, const json& item)
{
    json kept = json::object();
    for (const auto& [name, value] : item.items())
    {
        if (fields.empty() || fields.contains(name))
        {
            kept[name] = value;
        }
    }
    return kept;
}

}  // namespace

std::expected<std::string, reply> octavia::listed_project(const call& c)
{
    const auto given = c.url.query.find("project_id");
    const auto wanted = given == c.url.query.end() ? std::string() : given->second;
    if (c.who.has("load-balancer_global_observer") || c.who.has("load-balancer_admin") || c.who.has("admin"))
    {
        return wanted;
    }
    const auto project = wanted.empty() ? c.who.project_id : wanted;
    return may_read(c.who, project) ? std::expected<std::string, reply>(project)
                                    : std::unexpected(forbidden());
}

reply octavia::list_load_balancers(const call& c)
{
    return page_of(c, load_balancers_, [this](const load_balancer& listed, bool whole) {
        return whole ? show(listed) : to_json(listed, {});
    });
}

reply octavia::list_listeners(const call& c)
{
    return page_of(c, listeners_, [](const listener& listed, bool /*whole*/) { return to_json(listed); });
}

template <class T, class Show>
reply octavia::page_of(const call& c, const std::map<std::string, T>& rows, Show show)
{
    const auto project = listed_project(c);
    const auto limit = limit_of(c.url, env_.config.octavia_page);
    if (!limit)
    {
        // The framework answers, because Octavia reads the limit before the request is its own.
        const auto text = "Supplied pagination limit '" + limit.error() + "' is not valid.";
        return ok(400, {{"code", 400}, {"title", "Bad Request"}, {"description", text}});
    }
    if (!project)
    {
        return project.error();
    }
    const auto asked = read_query(c.url, *limit);
    if (!asked)
    {
        return fault(501, "The simulator does not know this query of a list.");
    }
    // Any object is a marker, whoever may see it.
    const auto marked = asked->marker ? rows.find(*asked->marker) : rows.end();
    if (asked->marker && marked == rows.end())
    {
        return fault(400, "Supplied pagination marker '" + *asked->marker + "' is not valid.");
    }
    const auto order = [&](const T* row) { return std::pair(iso_time(row->created_at), row->id); };
    std::vector<const T*> listed;
    const bool skips = asked->by_id && asked->marker;
    for (auto row = skips ? std::next(marked) : rows.begin(); row != rows.end(); ++row)
    {
        const T& object = row->second;
        if (object.provisioning_status != "DELETED" && (project->empty() || object.project_id == *project) &&
            (skips || !asked->marker || order(&object) > order(&marked->second)))
        {
            listed.push_back(&object);
        }
        if (asked->by_id && listed.size() == asked->limit)
        {
            break;
        }
    }
    if (!asked->by_id)
    {
        std::ranges::sort(listed, {}, order);
        listed.resize(std::min(listed.size(), asked->limit));
    }
    const auto& kind = c.url.segments[2];
    const bool whole = asked->fields.empty() || asked->fields.contains("listeners");
    json items = json::array();
    for (const auto* row : listed)
    {
        items.push_back(only(asked->fields, show(*row, whole)));
    }
    auto links = json::array();
    if (!listed.empty())
    {
        links = links_of(
            "http://" + c.asked.authority + "/v2/lbaas/" + kind,
            *asked,
            listed.front()->id,
            listed.back()->id,
            listed.size() >= asked->limit
        );
    }
    return ok(200, {{kind, std::move(items)}, {kind + "_links", std::move(links)}});
}

}  // namespace cloudsim
