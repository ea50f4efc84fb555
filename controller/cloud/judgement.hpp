#pragma once

#include "cloud/client.hpp"
#include "support/error.hpp"

#include <algorithm>
#include <limits>
#include <string>

// What the clouds have in common when an answer, or its absence, becomes a class of failure. Each has a table
// of its own.
namespace cloud {

inline constexpr int any_status = std::numeric_limits<int>::max();

// A row of such a table: what was asked, the status codes, and the author that an answer must have for the
// row to apply.
template <class Asked, class Author>
struct answer_row
{
    Asked asked;
    int first, last;
    Author needed;
    failure kind;
};

// The class of the first row that fits. The last row of each `asked` always fits. `is_of(author)`: whether
// the answer has that author.
template <class Table, class Asked, class IsOf>
failure first_fit(const Table& table, Asked asked, int status, IsOf is_of)
{
    const auto fits = [&](const auto& row) {
        return row.asked == asked && status >= row.first && status <= row.last && is_of(row.needed);
    };
    return std::ranges::find_if(table, fits)->kind;
}

// An exchange without an answer. A write may still take effect (unanswered-writes), unless it was not sent.
inline error without_answer(bool write, const std::string& about, const support::error& failed)
{
    const bool never_sent =
        failed.code == support::errc::unreachable || failed.code == support::errc::invalid;
    const bool too_late = failed.code == support::errc::too_late;
    return {
        .kind = !write || never_sent ? failure::transient
                : too_late           ? failure::too_late
                                     : failure::ambiguous,
        .message = about + ": " + failed.message,
        .refs = {},
        .retry_after = std::nullopt,
        .misdirected = failed.misdirected
    };
}

// A 2xx whose body is wrong; `oddity` says what is wrong with it.
inline error odd_answer(
    bool write, const std::string& cloud, const std::string& object, const std::string& oddity
)
{
    return {
        .kind = write ? failure::ambiguous : failure::transient,
        .message = cloud + " gives an unexpected answer for " + object + ": " + oddity,
        .refs = {},
        .retry_after = std::nullopt
    };
}

}  // namespace cloud
