#pragma once

#include "cloud/client.hpp"
#include "net/http/http.hpp"
#include "support/error.hpp"
#include "support/secret.hpp"

#include <optional>
#include <string>

// The only table that turns an answer of the ByCloud API, or its absence, into a class of failure
// (https://docs.bycoded.cloud/api/errors). The status decides first, then the body: of the API itself is an
// answer with its error object {"error": {code, message, details, request_id}}, whose code repeats the
// status.
namespace cloud::bycloud {

enum class call
{
    read,
    create,
    remove,
};

// The part of a request on which the meaning of its answer depends.
struct question
{
    call asked = call::read;
    std::string object;  // for people: "certificate <id>"
};

// Empty for a 2xx. `sent` (the credential of the request) never appears in the message, nor does a part of a
// key alone, even if the server repeats it.
std::optional<error> judge(
    const question& asked, const net::http_response& answer, const support::secret& sent
);

// The failure of an exchange without an answer.
error judge(const question& asked, const support::error& failed);

// The failure of a 2xx whose body is wrong; `oddity` says what is wrong with it.
error judge_odd(const question& asked, const std::string& oddity);

}  // namespace cloud::bycloud
