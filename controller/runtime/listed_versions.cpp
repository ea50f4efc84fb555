#include "runtime/listed_versions.hpp"

#include "runtime/version_number.hpp"

#include <utility>

namespace runtime {

support::task<support::result<listed_versions>> list_versions(
    kube::client& client, kube::list_request request
)
{
    listed_versions read;
    request.metadata_only = true;
    do
    {
        const auto page = co_await client.list(request);
        if (!page)
        {
            co_return std::unexpected(page.error());
        }
        const auto version = number_of((*page)->resource_version());
        if (!version)
        {
            co_return support::fail(support::errc::bad_answer, "the version of the list is no number");
        }
        for (const kube::object_json object : (*page)->items())
        {
            const auto identity = kube::identify(object);
            const auto uid = support::uuid::parse(identity.uid);
            const auto at = number_of(identity.resource_version);
            if (uid && at)
            {
                read.objects.push_back({*uid, *at});
            }
        }
        read.version = *version;
        request.continue_token = (*page)->continue_token();
    } while (!request.continue_token.empty());
    co_return read;
}

}  // namespace runtime
