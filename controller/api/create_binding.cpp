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
    return "/v1/certificates/" + object.spec.certificate_id.str() + "/bindings/" + object.uid.str();
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

// Why a binding of that content cannot be created: there is one.
task<failure> explain_existing(bindings& objects, std::string name)
{
    failure why{
        http::conflict, "the binding exists already", "GET the bindings of the certificate to find it."
    };
    const auto existing = co_await objects.read(std::move(name));
    if (existing && existing->deleting)
    {
        why.message = "the binding " + existing->uid.str() + " exists still, because it is being deleted";
        why.details = "Repeat the request when it is gone: GET " + path_of(*existing) + " is 404 then.";
    }
    else if (existing)
    {
        why.message = "the binding " + existing->uid.str() + " exists already";
        why.details = "GET " + path_of(*existing) + " shows it; DELETE it first to bind anew.";
    }
    co_return why;
}

enum class withdrawal
{
    done,
    stays,
    look_again,  // the object changed meanwhile
};

// Deletes what the refused POST created, unless it may be attached. Waits a moment for its end, so that the
// same POST can be repeated.
task<withdrawal> withdraw(call& call, bindings& objects, certificate_binding object, waiting::place& place)
{
    if (may_be_attached(object))
    {
        co_return withdrawal::stays;
    }
    const auto removed = co_await objects.remove(std::move(object), true);
    if (!removed)
    {
        co_return withdrawal::stays;
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

failure refusal(int status, const certificate_binding& object, bool stays)
{
    std::string details;
    if (!stays)
    {
        details = "The binding was not created. Repeat the request when the cause is gone.";
    }
    else if (!http::is_refusal(status))
    {
        details = "The binding stays, and the controller goes on: GET " + path_of(object) +
                  " tells when it is active. DELETE ends it.";
    }
    else if (may_be_attached(object))
    {
        details = "The binding stays, because its certificate may be on the listener: GET " +
                  path_of(object) + " shows it, DELETE ends it.";
    }
    else
    {
        details =
            "The binding stays, because the token could not delete it again: DELETE " + path_of(object) + ".";
    }
    return {status, words_of(object), std::move(details)};
}

}  // namespace

task<result<net::page>> create_binding(
    call call, new_binding wanted, waiting::place& place, support::time_point deadline
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
        co_return std::unexpected(co_await explain_existing(objects, name_of(call.where, wanted)));
    }
    place.follow(created->uid);
    for (int withdrawals = 0;;)
    {
        if (place.gone())
        {
            co_return std::unexpected(deleted_meanwhile());
        }
        const certificate_binding* seen = call.find(created->uid);
        const auto status = outcome_of_creation(seen, place.ended() || call.clock.now() >= deadline);
        if (!status)
        {
            co_await place.wait(deadline);
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
        auto end = withdrawal::stays;
        if (http::is_refusal(*status))
        {
            end = co_await withdraw(call, objects, object, place);
        }
        if (end != withdrawal::look_again || ++withdrawals == most_withdrawals)
        {
            co_return std::unexpected(refusal(*status, object, end != withdrawal::done));
        }
    }
}

}  // namespace api
