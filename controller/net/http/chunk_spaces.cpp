#include "net/http/chunk_spaces.hpp"

#include <algorithm>
#include <cctype>

namespace net {
namespace {

constexpr std::size_t most_spaces = 256;
constexpr std::uint64_t largest_size = UINT64_MAX >> 8;

bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

std::uint64_t digit(char c)
{
    return static_cast<std::uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

}  // namespace

void chunk_space_remover::pass(std::string_view bytes, wiped_buffer& to)
{
    while (!bytes.empty())
    {
        if (at_ != place::data && at_ != place::rest)
        {
            pass_one(bytes.front(), to);
            bytes.remove_prefix(1);
            continue;
        }
        const auto size = at_ == place::rest ? bytes.size() : std::min<std::uint64_t>(left_, bytes.size());
        to.insert(to.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        bytes.remove_prefix(size);
        left_ -= at_ == place::data ? size : 0;
        at_ = at_ == place::data && left_ == 0 ? place::data_end : at_;
    }
}

void chunk_space_remover::pass_one(char c, wiped_buffer& to)
{
    if (at_ == place::size && std::isxdigit(static_cast<unsigned char>(c)) != 0 && left_ <= largest_size)
    {
        left_ = left_ * 16 + digit(c);
        has_digits_ = true;
    }
    else if (at_ == place::size || at_ == place::spaces)
    {
        end_size(c, to);
        return;
    }
    else if (c == '\n')
    {
        const bool had_size = at_ == place::line;
        at_ = !had_size ? place::size : left_ == 0 ? place::rest : place::data;
        has_digits_ = false;
    }
    else if (at_ == place::data_end && c != '\r')
    {
        at_ = place::rest;
    }
    to.push_back(c);
}

// A byte after the size. Only a line end or an extension may follow the spaces.
void chunk_space_remover::end_size(char c, wiped_buffer& to)
{
    if (has_digits_ && is_space(c) && spaces_.size() < most_spaces)
    {
        spaces_.push_back(c);
        at_ = place::spaces;
        return;
    }
    const bool goes_on = has_digits_ && (c == '\r' || c == ';');
    if (!goes_on)
    {
        to.insert(to.end(), spaces_.begin(), spaces_.end());
    }
    at_ = goes_on ? place::line : place::rest;
    spaces_.clear();
    to.push_back(c);
}

}  // namespace net
