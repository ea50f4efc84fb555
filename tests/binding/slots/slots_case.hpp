#pragma once

#include "binding/plan/plan_fixture.hpp"
#include "binding/slots/assignment.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace test {

// A listener, and requests of bindings for its slots, the oldest first. Certificates are letters.
class slots_case
{
public:
    explicit slots_case(const std::string& default_ref, const std::vector<std::string>& sni = {});

    // A live request whose certificate may be attached, of a binding younger than those before.
    binding::slot_request& wants(const std::string& certificate, slot in);
    // The same request, with an entry for its certificate in the ledger.
    binding::slot_request& has(const std::string& certificate, slot in, const std::string& remembered = "");
    // A binding that is being deleted, with an entry.
    binding::slot_request& leaves(
        const std::string& certificate, slot in, const std::string& remembered = ""
    );
    static void hold(binding::slot_request& request, const std::string& certificate, slot in);
    // All bindings were created in the same second, and each has a smaller uid than those before.
    slots_case& of_one_second();

    slots_case& readable(const std::string& certificate, bool value = true);
    slots_case& dead(const std::string& certificate);

    binding::assignment assigned() const;
    // The binding that wins over that request; null if none does.
    const binding::certificate_binding* winner_over(std::size_t loser) const;
    // "default=a sni=b,c": the slots after the change, and the part of them that a PUT carries.
    std::string after() const;
    std::string change() const;
    // The refs that have to be looked up first.
    std::vector<std::string> asks() const;

    binding::assignment_input input;
    std::deque<binding::certificate_binding> objects;
};

// Makes the request one of another credential's binding.
inline binding::slot_request& of_peer(binding::slot_request& request)
{
    request.of_peer = true;
    return request;
}

// "sni a"
std::vector<std::string> names_of(const std::vector<binding::attachment>& entries);

}  // namespace test
