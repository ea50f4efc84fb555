#include "api/bindings.hpp"

#include "api/http_status.hpp"
#include "binding/resource/decode.hpp"
#include "net/certificates/sha256.hpp"
#include "support/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace api {
namespace {

using support::task;
using json = nlohmann::json;

constexpr std::size_t digits_of_name = 32;

const kube::resource certificate_bindings{"certificates.bycloud.io", "v1alpha1", "certificatebindings"};

// What is no matter of the caller goes into the log; the caller gets the class alone.
std::unexpected<failure> failed(const std::string& doing, const support::error& error)
{
    failure told = kubernetes_failure(error);
    if (!http::is_refusal(told.status))
    {
        support::log(
            support::log_level::warn, "the bindings API cannot " + doing, {{"error", error.message}}
        );
    }
    return std::unexpected(std::move(told));
}

result<bindings::object> decoded(kube::object_json text)
{
    auto object = binding::decode(text);
    if (!object)
    {
        return failed("read a CertificateBinding", object.error());
    }
    return std::move(*object);
}

failure no_such_binding(const parameters& where)
{
    return {
        http::not_found,
        "the certificate has no binding " + where.binding_id.str() + " in namespace " + where.name_space +
            " and region " + where.region,
        "GET /v1/certificates/" + where.certificate_id.str() + "/bindings lists those that it has."
    };
}

bool is_meant(const bindings::object& object, const parameters& where)
{
    const bool is_named = object.uid == where.binding_id || id_of(object) == where.binding_id;
    return is_named && object.spec.certificate_id == where.certificate_id &&
           object.name_space.view() == where.name_space && object.spec.region.view() == where.region;
}

}  // namespace

std::string name_of(const parameters& where, const new_binding& wanted)
{
    const std::string content = where.region + "\n" + where.certificate_id.str() + "\n" +
                                wanted.resource_id.str() + "\n" + (wanted.sni ? "sni" : "default");
    return "binding-" + net::sha256_hex(content).substr(0, digits_of_name);
}

const support::uuid& id_of(const binding::certificate_binding& object)
{
    return object.status.given.empty() ? object.uid : object.status.given->id;
}

task<result<bindings::object>> bindings::create(parameters where, new_binding wanted)
{
    const json object{
        {"apiVersion", certificate_bindings.group + "/" + certificate_bindings.version},
        {"kind", "CertificateBinding"},
        {"metadata", {{"name", name_of(where, wanted)}, {"namespace", name_space_}}},
        {"spec",
         {{"certificateId", where.certificate_id.str()},
          {"resourceType", "octavia:listener"},
          {"resourceId", wanted.resource_id.str()},
          {"region", where.region},
          {"options", {{"sni", wanted.sni}}}}},
    };
    const auto created = co_await kube_.create({certificate_bindings, name_space_, object.dump()});
    if (!created)
    {
        co_return failed("create a binding", created.error());
    }
    co_return decoded((*created)->object());
}

task<result<bindings::object>> bindings::read(std::string name)
{
    const auto answer = co_await kube_.get(certificate_bindings, name_space_, std::move(name));
    if (!answer)
    {
        co_return failed("read a binding", answer.error());
    }
    co_return decoded((*answer)->object());
}

task<result<std::vector<bindings::object>>> bindings::list(
    std::string field, support::uuid id, std::string region
)
{
    std::vector<object> all;
    kube::list_request request;
    request.resource = certificate_bindings;
    request.name_space = name_space_;
    request.field_selector = "spec." + field + "=" + id.str() + ",spec.region=" + region;
    do
    {
        const auto page = co_await kube_.list(request);
        if (!page)
        {
            co_return failed("list bindings", page.error());
        }
        for (const auto item : (*page)->items())
        {
            auto object = decoded(item);
            if (!object)
            {
                co_return std::unexpected(object.error());
            }
            all.push_back(std::move(*object));
        }
        request.continue_token = (*page)->continue_token();
    } while (!request.continue_token.empty());
    std::ranges::sort(all, {}, id_of);
    co_return all;
}

task<result<bindings::object>> bindings::find(parameters where, find_binding find)
{
    // What the index has elsewhere is not told: the list shows what the token may see.
    const object* known = find(where.binding_id);
    if (known != nullptr && is_meant(*known, where))
    {
        auto object = co_await read(known->name);
        if (object && !is_meant(*object, where))
        {
            co_return std::unexpected(no_such_binding(where));
        }
        co_return object;
    }
    auto all = co_await list("certificateId", where.certificate_id, where.region);
    if (!all)
    {
        co_return std::unexpected(all.error());
    }
    for (auto& object : *all)
    {
        if (is_meant(object, where))
        {
            co_return std::move(object);
        }
    }
    co_return std::unexpected(no_such_binding(where));
}

task<bool> bindings::is_gone(object which)
{
    const auto there = co_await read(which.name);
    co_return there ? there->uid != which.uid : there.error().status == http::not_found;
}

task<result<bindings::removed>> bindings::explain_unremoved(
    object which, bool exactly, support::error refused
)
{
    const auto there = co_await read(which.name);
    if (!there && there.error().status == http::not_found)
    {
        co_return removed::gone;
    }
    if (there && there->uid != which.uid)
    {
        co_return removed::gone;
    }
    if (there && exactly && there->resource_version != which.resource_version)
    {
        co_return removed::changed;
    }
    co_return failed("delete a binding", refused);
}

task<result<bindings::removed>> bindings::remove(object which, bool exactly)
{
    kube::remove_request request{certificate_bindings, name_space_, which.name, which.uid.str()};
    request.resource_version = exactly ? std::to_string(which.resource_version) : "";
    const auto answer = co_await kube_.remove(std::move(request));
    if (!answer)
    {
        const int status = answer.error().code == support::errc::status ? answer.error().http_status : 0;
        if (status != http::not_found && status != http::conflict)
        {
            co_return failed("delete a binding", answer.error());
        }
        co_return co_await explain_unremoved(std::move(which), exactly, answer.error());
    }
    co_return kube::identify((*answer)->object()).uid.empty() ? removed::gone : removed::waits;
}

}  // namespace api
