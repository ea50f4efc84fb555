#include "api/answers.hpp"
#include "api/calls.hpp"
#include "api/http_status.hpp"
#include "api/outcome.hpp"

#include <algorithm>
#include <utility>

namespace api {

using support::task;

task<result<net::page>> read_binding(call call)
{
    bindings objects(call.as_caller, call.where.name_space);
    const auto found = co_await objects.find(call.where, call.find);
    if (!found)
    {
        co_return std::unexpected(found.error());
    }
    co_return binding_page(http::ok, *found);
}

task<result<net::page>> list_bindings(call call)
{
    bindings objects(call.as_caller, call.where.name_space);
    const auto all = co_await objects.list("certificateId", call.where.certificate_id, call.where.region);
    if (!all)
    {
        co_return std::unexpected(all.error());
    }
    co_return bindings_page(*all, call.where.marker, call.where.limit);
}

task<result<net::page>> read_certificate(call call)
{
    bindings objects(call.as_caller, call.where.name_space);
    const auto all = co_await objects.list("certificateId", call.where.certificate_id, call.where.region);
    if (!all)
    {
        co_return std::unexpected(all.error());
    }
    if (all->empty())
    {
        co_return fail(
            http::not_found,
            "no binding of namespace " + call.where.name_space + " and region " + call.where.region +
                " names the certificate " + call.where.certificate_id.str(),
            "Here are only certificates that have a binding; ask the certificate service of the cloud."
        );
    }
    co_return certificate_page(*all, most_listed);
}

task<result<net::page>> list_listener_certificates(call call)
{
    bindings objects(call.as_caller, call.where.name_space);
    const auto all = co_await objects.list("resourceId", call.where.listener_id, call.where.region);
    if (!all)
    {
        co_return std::unexpected(all.error());
    }
    if (std::ranges::any_of(*all, lacks_listener))
    {
        co_return fail(
            http::not_found,
            "the cloud has no listener " + call.where.listener_id.str(),
            "Check the id: openstack loadbalancer listener list."
        );
    }
    co_return certificates_page(*all, call.where.marker, call.where.limit);
}

}  // namespace api
