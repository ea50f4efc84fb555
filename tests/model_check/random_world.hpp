#pragma once

#include "model_check/model.hpp"

#include <cstdint>
#include <random>

namespace prove {

// A world and all that happens in it, made from a seed. The same seed makes the same story.
class random_world final : private fate
{
public:
    explicit random_world(std::uint64_t seed);

    // Lets all that can go wrong happen for a while, then puts the world in order and leaves it alone. Ends
    // at the first broken invariant and answers with it; empty if none breaks.
    std::vector<std::string> run();

    std::size_t steps() const { return steps_; }
    int spared() const { return world_.spared; }  // passes

private:
    patch_fate of_patch() override;
    put_fate of_put() override;
    bool read_fails() override;
    bool read_is_stale() override;
    bool list_is_wrong_about(const support::uuid& listener) override;
    std::optional<support::time_point> when_late(support::time_point now, support::time_point expires)
        override;
    void meanwhile(request kind) override;

    void set_up();
    void add_binding(bool with_ledger);
    void give_ledger(binding::certificate_binding& object);
    void start_again();
    void go_on_to_the_end();
    void turn();
    void wait();
    void happen();
    void lead_back();
    void happen_to_bindings();
    void happen_to_listeners();
    void happen_to_certificates();
    void ask_again(const std::string& when);
    bool all_known() const;
    void put_in_order();
    void look_at_lists();
    void undo_something();
    std::vector<std::string> left_alone();
    void step_one();

    int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
    bool chance(int percent) { return below(100) < percent; }
    template <class T>
    const T& one_of(const std::vector<T>& all)
    {
        return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
    }
    std::optional<support::uuid> some_binding();

    std::mt19937_64 random_;
    model world_;
    const support::wall_time first_wall_ = world_.wall();
    std::vector<support::uuid> listeners_;
    int trouble_ = 10;                              // percent of the writes that go wrong
    const bool surveys_;                            // in every third world
    std::optional<support::time_point> survey_at_;  // when the world is left alone
    bool calm_ = false;
    bool nested_ = false;
    int bindings_ = 0;
    std::optional<support::time_point> starts_at_;
    bool resolved_ = false;  // by the last process, which ended in order
    std::optional<support::time_point> reads_fail_until_;
    std::size_t steps_ = 0;
};

}  // namespace prove
