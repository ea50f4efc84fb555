// Octavia's lists (octavia/api/common/pagination.py of release 11.0): a page has the objects after `marker`
// in the order of `sort_key`, and a link "next" if it is full. The link is not followed, because it lacks
// `fields`. A page has fewer objects than `limit` if the operator's pagination_max_limit is lower. A
// credential that may see all projects gets all of them, so the project is asked for by name.
#include "cloud/json.hpp"
#include "cloud/openstack/list_page.hpp"
#include "cloud/openstack/octavia.hpp"
#include "cloud/openstack/octavia_answers.hpp"
#include "net/http/url.hpp"

#include <algorithm>
#include <expected>
#include <optional>
#include <utility>

namespace cloud::openstack {
namespace {

// A page is parsed on the loop, so its size bounds how long others wait: 25 listeners with 300 SNI refs each.
constexpr std::size_t largest_page = 1 << 20;

// The end of a page.
struct page_end
{
    std::optional<support::uuid> last;
    std::optional<support::uuid> before_last;
    bool is_last = false;  // of the list
};

// Whether the page links to another one. Octavia shows no links if the operator has switched paging off, and
// gives the whole list then.
bool has_next(const nlohmann::json& links, bool is_full)
{
    return links.is_array() ? std::ranges::any_of(
                                  links, [](const auto& link) { return text_member(link, "rel") == "next"; }
                              )
                            : is_full;
}

// Checks the order of the ids, because a list that does not go on after the marker would never end.
std::expected<page_end, std::string> read_page(
    const nlohmann::json& items,
    const nlohmann::json& links,
    std::size_t limit,
    const std::optional<support::uuid>& marker
)
{
    if (!items.is_array())
    {
        return std::unexpected("it is no list");
    }
    if (items.size() > limit)
    {
        return std::unexpected("it has more objects than were asked for");
    }
    page_end end{
        .last = marker, .before_last = {}, .is_last = items.empty() || !has_next(links, items.size() == limit)
    };
    for (const auto& item : items)
    {
        const auto id = read_id(item);
        if (!id)
        {
            return std::unexpected("an object has no id");
        }
        if (end.last && *id <= *end.last)
        {
            return std::unexpected("the objects are not in the order that was asked for");
        }
        end.before_last = std::exchange(end.last, id);
    }
    return end;
}

// Passes on the items that are well-formed. The others are left to the reads of single objects.
template <class T>
void pass_on(
    const nlohmann::json& items,
    std::expected<T, std::string> (*read)(const nlohmann::json&),
    const std::function<void(std::vector<T>)>& take
)
{
    std::vector<T> page;
    page.reserve(items.size());
    for (const auto& item : items)
    {
        if (auto object = read(item))
        {
            page.push_back(*std::move(object));
        }
    }
    take(std::move(page));
}

}  // namespace

support::task<answer<std::monostate>> octavia::list(
    listing wanted,
    std::string region,
    std::size_t most_pages,
    std::function<void(const nlohmann::json&)> take_items
)
{
    const auto scope = co_await services_.locate(region);
    if (!scope)
    {
        co_return std::unexpected(scope.error());
    }
    const question asked{
        .asked = service::octavia, .object = "the list of " + std::string(wanted.kind), .write = false
    };
    if (scope->project_id.empty())
    {
        co_return std::unexpected(no_list_of(asked, "its token has no project"));
    }
    const std::string query =
        "/lbaas/" + std::string(wanted.kind) + "?project_id=" + net::percent_encode(scope->project_id) +
        std::string(wanted.fields) + "&sort_key=id&sort_dir=asc&limit=" + std::to_string(wanted.limit);
    page_end end;
    for (std::size_t pages = 0; pages < most_pages; ++pages)
    {
        service_request request{
            .path = query + (end.last ? "&marker=" + end.last->str() : ""), .max_response_bytes = largest_page
        };
        const auto answered = co_await ask_for_page(
            services_, asked, region, std::move(request), end.last ? end.last->str() : ""
        );
        if (!answered)
        {
            // 400 "Supplied pagination marker 'ID' is not valid": the object was deleted since.
            if (end.before_last && answered.error().message.contains(end.last->str()))
            {
                end = {.last = end.before_last, .before_last = {}};
                continue;
            }
            co_return std::unexpected(answered.error());
        }
        const auto body = parse_json(answered->body);
        const auto& items = member(body, wanted.kind);
        auto page =
            read_page(items, member(body, std::string(wanted.kind) + "_links"), wanted.limit, end.last);
        if (!page)
        {
            co_return std::unexpected(judge_odd(asked, page.error()));
        }
        if (!items.empty())
        {
            take_items(items);
        }
        end = *page;
        if (end.is_last)
        {
            co_return std::monostate();
        }
    }
    co_return std::unexpected(no_list_of(asked, "it has more than " + std::to_string(most_pages) + " pages"));
}

support::task<answer<std::monostate>> octavia::list_listeners(
    std::string region, std::size_t most_pages, std::function<void(std::vector<listener>)> take
)
{
    const listing wanted{
        .kind = "listeners",
        .fields =
            "&fields=id&fields=provisioning_status&fields=loadbalancers&fields=protocol&fields=project_id"
            "&fields=default_tls_container_ref&fields=sni_container_refs"
            "&fields=client_ca_tls_container_ref&fields=client_crl_container_ref",
        .limit = 25
    };
    return list(wanted, std::move(region), most_pages, [take = std::move(take)](const nlohmann::json& items) {
        pass_on<listener>(items, read_listener, take);
    });
}

support::task<answer<std::monostate>> octavia::list_load_balancers(
    std::string region, std::size_t most_pages, std::function<void(std::vector<listed_load_balancer>)> take
)
{
    const listing wanted{
        .kind = "loadbalancers", .fields = "&fields=id&fields=provisioning_status", .limit = 200
    };
    return list(wanted, std::move(region), most_pages, [take = std::move(take)](const nlohmann::json& items) {
        pass_on<listed_load_balancer>(items, read_load_balancer, take);
    });
}

}  // namespace cloud::openstack
