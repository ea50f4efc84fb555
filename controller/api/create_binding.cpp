#include "api/answers.hpp"
#include "api/calls.hpp"
#include "api/http_status.hpp"
#include "api/outcome.hpp"

#include <utility>

namespace api {
namespace {

using namespace std::chrono_literals;
using binding::certificate_binding;
using binding::condition_type;
using support::task;

// For what follows from a deletion: a newer version in the index, the end of the object.
constexpr support::duration moment = 2s;
constexpr int most_withdrawals = 5;

std::string path_of(const certificate_binding& object)
{
    return "/v1/certificates/" + object.spec.certificate_id.str() + "/bindings/" + id_of(object).str();
}

// "CertificateNotActive: certificate … is PENDING"
std::string words_of(const certificate_binding& object)
{
    const auto& ready = object.status[condition_type::ready];
    return std::string(name_of(ready.reason)) + ": " + object.status.error_message.str();
}

failure deleted_meanwhile()
{
    return {
        http::conflict,
        "the binding was deleted while the request waited",
        "Repeat the request if it is wanted."
    };
}

failure changed_meanwhile(const certificate_binding& object)
{
    return {
        http::conflict,
        "the binding " + id_of(object).str() + " was changed meanwhile; it stays",
        "GET " + path_of(object) + " shows it."
    };
}

// Why a binding of that content cannot be created: there is one. Or `refused`, if none is to be seen.
task<failure> explain_existing(bindings& objects, parameters where, new_binding wanted, failure refused)
{
    const auto existing = co_await objects.read(name_of(where, wanted));
    if (!existing)
    {
        co_return refused;
    }
    const auto& spec = existing->spec;
    failure why{http::conflict, "the binding " + id_of(*existing).str(), {}};
    if (existing->deleting)
    {
        why.message += " exists still, because it is being deleted";
        why.details = "Repeat the request when it is gone: GET " + path_of(*existing) + " is 404 then.";
    }
    else if (spec.certificate_id == where.certificate_id && spec.resource_id == wanted.resource_id &&
             spec.sni == wanted.sni && spec.region.view() == where.region)
    {
        why.message += " exists already";
        why.details = "GET " + path_of(*existing) + " shows it; DELETE it first to bind anew.";
    }
    else
    {
        why.message += " has the name of this one, and was changed: it binds the certificate " +
                       spec.certificate_id.str() + " now";
        why.details = "GET " + path_of(*existing) + " shows it; change it with kubectl, or DELETE it first.";
    }
    co_return why;
}

enum class withdrawal
{
    done,
    look_again,  // the object changed meanwhile
};

// Deletes what the refused POST created and is not attached. Waits a moment for its end, so that the same
// POST can be repeated. Failure: it could not be deleted.
task<result<withdrawal>> withdraw(
    call& call, bindings& objects, certificate_binding object, waiting::place& place
)
{
    const auto removed = co_await objects.remove(std::move(object), true);
    if (!removed)
    {
        co_return std::unexpected(removed.error());
    }
    const auto until = call.clock.now() + moment;
    if (*removed == bindings::removed::changed)
    {
        co_await place.wait(until);
        co_return withdrawal::look_again;
    }
    while (!place.gone() && !place.ended() && call.clock.now() < until)
    {
        co_await place.wait(until);
    }
    co_return withdrawal::done;
}

failure refusal(int status, const certificate_binding& object, std::string details)
{
    return {status, words_of(object), std::move(details)};
}

constexpr auto not_created = "The binding was not created. Repeat the request when the cause is gone.";

// Of a binding that is not withdrawn.
std::string why_it_stays(int status, const certificate_binding& object)
{
    if (!http::is_refusal(status))
    {
        return "The binding stays, and the controller goes on: GET " + path_of(object) +
               " tells when it is active. DELETE ends it.";
    }
    return "The binding stays, because its certificate may be on the listener: GET " + path_of(object) +
           " shows it, DELETE ends it.";
}

std::string why_it_is_left(const certificate_binding& object, const std::string& why)
{
    return "The binding stays, because it could not be deleted again (" + why + "): DELETE " +
           path_of(object) + ".";
}

}  // namespace

task<result<net::page>> create_binding(
    call call, new_binding wanted, waiting& places, support::time_point deadline
)
{
    bindings objects(call.as_caller, call.where.name_space);
    const auto created = co_await objects.create(call.where, wanted);
    if (!created)
    {
        if (created.error().status != http::conflict)
        {
            co_return std::unexpected(created.error());
        }
        co_return std::unexpected(co_await explain_existing(objects, call.where, wanted, created.error()));
    }
    const auto place = places.take();
    if (!place)
    {
        co_return binding_page(http::created, *created);
    }
    place->follow(created->uid);
    for (int withdrawals = 0;;)
    {
        if (place->gone())
        {
            co_return std::unexpected(deleted_meanwhile());
        }
        const certificate_binding* seen = call.find(created->uid);
        if (seen != nullptr && !seen->deleting && seen->generation != created->generation)
        {
            co_return std::unexpected(changed_meanwhile(*seen));
        }
        const auto status = outcome_of_creation(seen, place->ended() || call.clock.now() >= deadline);
        if (!status)
        {
            co_await place->wait(deadline);
            continue;
        }
        const certificate_binding object = seen == nullptr ? *created : *seen;
        if (*status == http::created)
        {
            co_return binding_page(http::created, object);
        }
        if (object.deleting)
        {
            co_return std::unexpected(deleted_meanwhile());
        }
        if (!http::is_refusal(*status) || may_be_attached(object))
        {
            co_return std::unexpected(refusal(*status, object, why_it_stays(*status, object)));
        }
        const auto end = co_await withdraw(call, objects, object, *place);
        if (!end)
        {
            co_return std::unexpected(refusal(*status, object, why_it_is_left(object, end.error().message)));
        }
        if (*end == withdrawal::done)
        {
            co_return std::unexpected(refusal(*status, object, not_created));
        }
        if (++withdrawals == most_withdrawals)
        {
            co_return std::unexpected(refusal(*status, object, why_it_is_left(object, "it changes")));
        }
    }
}

}  // namespace api
