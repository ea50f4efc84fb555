// Barbican's lists (barbican/model/repositories.py and api/controllers/ of release 15.0): the objects of the
// token's project, in pages of 100 at most (the operator may set fewer), from `offset` on, with their
// `total`. A secret has the same members as when it is asked for alone, and an expired one is left out. Lists
// ask for a role (legacy: admin, creator or observer; new defaults: member), but not for the access list of
// an object. Secrets have no order of their own.
#include "cloud/json.hpp"
#include "cloud/openstack/barbican.hpp"
#include "cloud/openstack/list_page.hpp"

#include <algorithm>
#include <utility>

namespace cloud::openstack {
namespace {

constexpr std::size_t page_limit = 100;
// A page is parsed on the loop, so its size bounds how long others wait: 100 containers with 20 consumers
// each.
constexpr std::size_t largest_page = 512 << 10;

// Whether get_certificate() would find the container usable. `usable_secrets`: sorted.
bool is_usable(const container& listed, const std::vector<support::uuid>& usable_secrets)
{
    return listed.is_certificate() && listed.missing_part().empty() && listed.status == "ACTIVE" &&
           std::ranges::all_of(listed.parts, [&](const container_part& part) {
               return std::ranges::binary_search(usable_secrets, part.secret);
           });
}

// What is wrong with a page; empty if it is well-formed.
std::string oddity_of(const nlohmann::json& items, const nlohmann::json& total)
{
    if (!items.is_array() || !total.is_number_unsigned())
    {
        return "it is no list with a total";
    }
    return items.size() > page_limit ? "it has more objects than were asked for" : "";
}

}  // namespace

support::task<answer<std::size_t>> barbican::list(
    std::string_view kind,
    std::string_view order,
    std::string region,
    std::size_t most_pages,
    std::function<void(const nlohmann::json&)> take_items
)
{
    const question asked{
        .asked = service::barbican, .object = "the list of " + std::string(kind), .write = false
    };
    std::size_t page_before = 0;  // its hash
    std::size_t offset = 0;
    for (std::size_t left = most_pages; left > 0;)
    {
        service_request request{
            .path = "/" + std::string(kind) + "?limit=" + std::to_string(page_limit) +
                    "&offset=" + std::to_string(offset) + std::string(order),
            .max_response_bytes = largest_page
        };
        const auto answered = co_await ask_for_page(services_, asked, region, std::move(request));
        --left;
        if (!answered)
        {
            co_return std::unexpected(answered.error());
        }
        const auto body = parse_json(answered->body);
        const auto& items = member(body, kind);
        const auto& total = member(body, "total");
        if (const auto oddity = oddity_of(items, total); !oddity.empty())
        {
            co_return std::unexpected(judge_odd(asked, oddity));
        }
        if (items.empty())
        {
            co_return left;
        }
        const auto this_page = std::hash<nlohmann::json>{}(items);
        if (this_page == page_before)
        {
            co_return std::unexpected(judge_odd(asked, "it shows the same objects as the page before"));
        }
        take_items(items);
        offset += items.size();
        if (offset >= total.get<std::size_t>())
        {
            co_return left;
        }
        page_before = this_page;
    }
    co_return std::unexpected(no_list_of(asked, "it has more than " + std::to_string(most_pages) + " pages"));
}

// Secrets come first, because a container is usable only if all its secrets are. A secret that is deleted
// meanwhile is no longer in its container.
support::task<answer<std::monostate>> barbican::list_usable_certificates(
    std::string region, std::size_t most_pages, std::function<void(std::vector<support::uuid>)> take
)
{
    std::vector<support::uuid> secrets;
    const auto take_secrets = [&secrets, &take](const nlohmann::json& items) {
        std::vector<support::uuid> page;
        for (const auto& item : items)
        {
            if (const auto secret = read_secret(item); secret && secret->is_usable())
            {
                page.push_back(secret->id());
            }
        }
        secrets.insert(secrets.end(), page.begin(), page.end());
        take(std::move(page));
    };
    const auto left = co_await list("secrets", "&sort=created,name", region, most_pages, take_secrets);
    if (!left)
    {
        co_return std::unexpected(left.error());
    }
    std::ranges::sort(secrets);
    const auto take_containers = [&secrets, &take](const nlohmann::json& items) {
        std::vector<support::uuid> page;
        for (const auto& item : items)
        {
            if (const auto listed = read_container(item); listed && is_usable(*listed, secrets))
            {
                page.push_back(listed->id());
            }
        }
        take(std::move(page));
    };
    const auto rest = co_await list("containers", "&type=certificate", region, *left, take_containers);
    if (!rest)
    {
        co_return std::unexpected(rest.error());
    }
    co_return std::monostate();
}

}  // namespace cloud::openstack
