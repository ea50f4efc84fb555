#include "cloud/openstack/allowed_urls.hpp"

#include "support/text.hpp"

#include <algorithm>
#include <utility>

namespace cloud::openstack {
namespace {

// A segment such as ".." leads elsewhere, and an encoded character may do so.
bool is_plain(const std::string& path)
{
    return !path.contains('%') && !path.contains("//") && !path.contains("/.");
}

}  // namespace

support::result<allowed_urls> allowed_urls::parse(const std::vector<std::string>& texts)
{
    allowed_urls parsed{{}};
    for (const std::string& text : texts)
    {
        if (text == "*")
        {
            parsed.any_ = true;
            continue;
        }
        auto url = net::parse_url(text);
        if (!url)
        {
            return std::unexpected(url.error());
        }
        if (!url->query.empty() || !is_plain(url->path))
        {
            return support::fail(
                support::errc::invalid,
                "\"" + support::clean(text) + "\" must be a URL without a query, dots or % in its path"
            );
        }
        parsed.urls_.push_back(std::move(*url));
    }
    return parsed;
}

bool allowed_urls::admit(const net::url& url) const
{
    if (!url.query.empty() || !is_plain(url.path))
    {
        return false;
    }
    return any_ || std::ranges::any_of(urls_, [&url](const net::url& allowed) {
               return url.origin == allowed.origin &&
                      (url.path == allowed.path || url.path.starts_with(allowed.path + "/"));
           });
}

}  // namespace cloud::openstack
