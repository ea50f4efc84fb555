#include "support/interned.hpp"

#include <deque>
#include <unordered_set>
#include <vector>

namespace support {
namespace {

using place = std::uint32_t;

class texts
{
public:
    place hold(std::string_view text)
    {
        const auto known = places_.find(text);
        const place where = known == places_.end() ? add(text) : *known;
        ++rows_[where].holders;
        return where;
    }

    void hold_again(place where) { ++rows_[where].holders; }

    void release(place where)
    {
        row& held = rows_[where];
        if (--held.holders == 0)
        {
            places_.erase(where);
            held.text = std::string();
            free_.push_back(where);
        }
    }

    std::string_view at(place where) const { return rows_[where].text; }
    std::size_t size() const { return places_.size(); }

private:
    struct row
    {
        std::string text;
        std::uint32_t holders = 0;
    };
    using rows = std::deque<row>;  // no row moves, because views of short texts point into them

    // By text.
    struct place_hash
    {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
        std::size_t operator()(place where) const { return (*this)(all->at(where)); }
        const texts* all;
    };
    struct place_equal
    {
        using is_transparent = void;
        bool operator()(place a, place b) const { return a == b; }
        bool operator()(std::string_view a, place b) const { return a == all->at(b); }
        bool operator()(place a, std::string_view b) const { return all->at(a) == b; }
        const texts* all;
    };

    place add(std::string_view text)
    {
        place where = 0;
        if (free_.empty())
        {
            where = static_cast<place>(rows_.size());
            rows_.emplace_back();
        }
        else
        {
            where = free_.back();
            free_.pop_back();
        }
        rows_[where].text = text;
        places_.insert(where);
        return where;
    }

    rows rows_ = rows(1);  // no text is at place 0
    std::vector<place> free_;
    std::unordered_set<place, place_hash, place_equal> places_{0, place_hash{this}, place_equal{this}};
};

// The table is never destroyed, because holders with static lifetime may outlive main().
texts& table()
{
    static auto& all = *new texts;
    return all;
}

}  // namespace

interned::interned(std::string_view text) : place_(text.empty() ? 0 : table().hold(text)) {}

interned::interned(const interned& other) : place_(other.place_)
{
    if (place_ != 0)
    {
        table().hold_again(place_);
    }
}

void interned::release() noexcept
{
    table().release(place_);
}

std::string_view interned::view() const
{
    return place_ == 0 ? std::string_view() : table().at(place_);
}

std::size_t interned::kept()
{
    return table().size();
}

}  // namespace support
