#pragma once

#include "support/clock.hpp"
#include "support/turn.hpp"

#include <cstddef>
#include <list>

namespace runtime {

// What the watchers of single objects share, so that their number costs neither connections nor the patience
// of the API server: places for open watches, and turns for reads. A watcher without a place reads its object
// again and again.
class object_budget
{
public:
    struct limits
    {
        std::size_t open_watches = 64;
        std::size_t reads_at_once = 16;
    };

    // A watcher, as the budget sees it.
    class holder
    {
    public:
        virtual ~holder() = default;

        // Whether somebody waits for a change of its object.
        virtual bool awaited() const = 0;
        // Ends its watch soon. The place is another's already.
        virtual void give_up() = 0;
    };

    object_budget() : object_budget(limits{}) {}
    explicit object_budget(limits limits) : limits_(limits), reads_(limits.reads_at_once) {}

    // Takes a place if one is free.
    bool take_free(holder& watcher);
    // Takes a place, from a watcher for whose object nobody waits if none is free: the one whose object has
    // been unchanged for longest.
    bool take(holder& watcher);
    // The object of a watcher with a place has changed.
    void changed(holder& watcher);
    // Gives a place back, if the watcher has one.
    void release(holder& watcher);

    std::size_t open_watches() const { return places_.size(); }

    // The pause between two reads of an object for which somebody waits. It grows with the number of
    // watchers, so that all together read ten objects a second at most.
    support::duration pause_of_awaited(support::duration longest) const;

    // Whoever counts in, counts out.
    void joined() { ++watchers_; }
    void left() { --watchers_; }

    support::turn& reads() { return reads_; }

private:
    limits limits_;
    std::list<holder*> places_;  // the object that has been unchanged for longest comes first
    support::turn reads_;
    std::size_t watchers_ = 0;
};

}  // namespace runtime
