#pragma once

#include "support/interned.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace binding {

// A list of texts without line ends, such as the names of finalizers, in 4 bytes, because most objects have
// the same few.
class text_list
{
public:
    text_list() = default;
    text_list(std::initializer_list<std::string_view> texts) : text_list(std::vector(texts)) {}
    explicit text_list(const std::vector<std::string_view>& texts)
    {
        std::string lines;
        for (const std::string_view text : texts)
        {
            lines.append(text) += '\n';
        }
        lines_ = support::interned(lines);
    }

    // Takes as long as the list is.
    void add(std::string_view text) { lines_ = support::interned(lines_.str() + std::string(text) + "\n"); }
    void clear() { lines_ = support::interned(); }

    bool empty() const { return lines_.empty(); }
    std::size_t size() const { return static_cast<std::size_t>(std::ranges::count(lines_.view(), '\n')); }
    // Visits each text.
    template <class F>
    void each(F visit) const
    {
        std::string_view rest = lines_.view();
        while (!rest.empty())
        {
            const auto end = rest.find('\n');
            visit(rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
    }
    bool contains(std::string_view text) const
    {
        bool found = false;
        each([&](std::string_view one) { found = found || one == text; });
        return found;
    }

    bool operator==(const text_list&) const = default;

private:
    support::interned lines_;  // each text with a line end
};

}  // namespace binding
