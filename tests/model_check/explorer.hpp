#pragma once

#include "model_check/small_world.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace prove {

// Breadth first over every state that a small world reaches. Of a state only its digest is kept, and how it
// was reached first.
class explorer
{
public:
    explicit explorer(const family& of) : family_(of) {}

    // Until no new state appears, or `most` were found; what is broken, with the shortest story that leads
    // there. Empty: nothing.
    std::vector<std::string> run(std::size_t most);

    std::size_t states() const { return states_.size(); }
    std::size_t moves() const { return moves_; }  // of all states
    bool complete() const { return frontier_.empty(); }

private:
    // What happens, the first of happenings() is 1, or the controller goes on, with its answers.
    struct move
    {
        std::uint8_t happening = 0;
        std::vector<std::uint8_t> chosen;
    };
    using packed_move = unsigned __int128;
    struct state
    {
        std::uint32_t from = 0;
        std::uint32_t then = 0;  // the next one if nothing goes wrong and nobody does anything
        packed_move by = 0;      // from there to here
        bool rests = false;
        bool ends_well = false;  // L1, L2; of one that rests
        bool then_writes = false;
    };
    struct hash
    {
        std::size_t operator()(const digest128& value) const { return value.low; }
    };

    void expand(std::uint32_t at, const small_world& world);
    void go_on_in_all_ways(std::uint32_t at, const small_world& world);
    std::uint32_t reached(std::uint32_t from, const move& by, std::unique_ptr<small_world> world);
    void look_at_ends();
    std::vector<std::string> story_of(std::uint32_t from, const move* last, bool to_the_end) const;
    std::vector<move> way_to(std::uint32_t at) const;

    static packed_move packed(const move& made);
    static move unpacked(packed_move packed);
    static void make(small_world& world, const move& made);

    family family_;
    std::vector<state> states_;
    std::unordered_map<digest128, std::uint32_t, hash> known_;
    std::deque<std::pair<std::uint32_t, std::unique_ptr<small_world>>> frontier_;
    std::size_t moves_ = 0;
    std::vector<std::string> broken_;
};

}  // namespace prove
